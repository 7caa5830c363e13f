# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += %D%/libwfbase.la
%C%_libwfbase_la_SOURCES = \
	%D%/clock.h \
	%D%/conf.c %D%/conf.h \
	%D%/fatal.c %D%/fatal.h \
	%D%/list.h \
	%D%/map.c %D%/map.h \
	%D%/text.c %D%/text.h \
	%D%/units.c %D%/units.h
