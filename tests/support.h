/* SPDX-License-Identifier: MIT */
/*
 * support.h - cmocka, after the headers that it wants first, and the counts.
 */
#ifndef WEFT_TESTS_SUPPORT_H
#define WEFT_TESTS_SUPPORT_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include "scale.h"

#endif /* WEFT_TESTS_SUPPORT_H */
