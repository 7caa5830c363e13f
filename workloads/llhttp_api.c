/* SPDX-License-Identifier: MIT */
/*
 * llhttp_api.c - llhttp as the system's package brings it: what callers use.
 * The parser itself is a unit of its own, as the two disagree on pointer types.
 */
#include <llhttp.h>

#include <api.c>
#include <http.c>
