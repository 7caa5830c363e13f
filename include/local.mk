# SPDX-License-Identifier: MIT
weftincludedir = $(includedir)/weft
weftinclude_HEADERS = \
	%D%/weft/version.h \
	%D%/weft/weft.h
