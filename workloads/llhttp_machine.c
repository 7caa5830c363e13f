/* SPDX-License-Identifier: MIT */
/*
 * llhttp_machine.c - llhttp as the system's package brings it: the generated parser.
 */
#include <llhttp.h>

#include <llhttp.c>
