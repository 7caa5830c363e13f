# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += %D%/libwfexport.la
%C%_libwfexport_la_SOURCES = \
	%D%/json.c %D%/json.h \
	%D%/lists.def \
	%D%/query.c %D%/query.h \
	%D%/rows.c %D%/rows.h %D%/screens.c \
	%D%/table.c %D%/table.h \
	%D%/text.c %D%/text.h
%C%_libwfexport_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_libwfexport_la_LIBADD = libweft-trace.la $(JANSSON_LIBS)
