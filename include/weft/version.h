/* SPDX-License-Identifier: MIT */
/*
 * weft/version.h - which weft this is.
 */
#ifndef WEFT_VERSION_H
#define WEFT_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

/*
 * weft_version - the version of the library in use.
 *
 * Returns   "MAJOR.MINOR.PATCH", a static string
 * Context   anywhere, also in a signal handler
 */
const char *weft_version(void);

#ifdef __cplusplus
}
#endif
#endif /* WEFT_VERSION_H */
