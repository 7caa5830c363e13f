# SPDX-License-Identifier: MIT
# weft-bench measures the library as it is installed: public headers, shared.
pkglibexec_PROGRAMS = %D%/weft-bench
%C%_weft_bench_SOURCES = \
	%D%/bench.h \
	%D%/main.c \
	%D%/rows.def \
	%D%/rows_chan.c %D%/rows_io.c %D%/rows_sched.c %D%/rows_sync.c
%C%_weft_bench_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/%D%
%C%_weft_bench_LDADD = libweft.la
EXTRA_DIST += \
	%D%/go/go.mod \
	%D%/go/chans.go %D%/go/io.go %D%/go/main.go %D%/go/sched.go %D%/go/sync.go
