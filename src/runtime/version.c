/* SPDX-License-Identifier: MIT */
/*
 * version.c - which weft this is.
 */
#include <weft/version.h>

#include "config.h"

const char *weft_version(void)
{
    return PACKAGE_VERSION;
}
