/* SPDX-License-Identifier: MIT */
/*
 * weft/weft.h - all of weft.
 */
#ifndef WEFT_WEFT_H
#define WEFT_WEFT_H
#include <weft/version.h>
#endif /* WEFT_WEFT_H */
