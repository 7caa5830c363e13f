# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += %D%/libwfformat.la
%C%_libwfformat_la_SOURCES = \
	%D%/block.c %D%/block.h \
	%D%/event.c %D%/event.h %D%/events.def %D%/reasons.def \
	%D%/gstate.h \
	%D%/varint.h
%C%_libwfformat_la_LIBADD = src/base/libwfbase.la $(XXHASH_LIBS)
