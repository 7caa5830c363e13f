/* SPDX-License-Identifier: MIT */
/* The version of the library that runs. */
#include <stdio.h>

#include <weft/weft.h>

int main(void)
{
    return printf("weft %s\n", weft_version()) < 7;
}
