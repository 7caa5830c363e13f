# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += %D%/libwfruntime.la
%C%_libwfruntime_la_SOURCES = \
	%D%/chan.c %D%/chan.h \
	%D%/clock.c \
	%D%/lock.h \
	%D%/locks.def \
	%D%/mutex.c \
	%D%/net.c \
	%D%/netpoll.c %D%/netpoll.h \
	%D%/obj.c %D%/obj.h \
	%D%/pool.c %D%/pool.h \
	%D%/run.c \
	%D%/runtime.h \
	%D%/select.c \
	%D%/tbuf.h \
	%D%/trace.c %D%/trace.h %D%/trace_int.h \
	%D%/trace_slot.c \
	%D%/trace_tables.c \
	%D%/unwind.c \
	%D%/version.c \
	%D%/waitgroup.c %D%/waitq.h
%C%_libwfruntime_la_LIBADD = src/format/libwfformat.la $(UNWIND_LIBS)

lib_LTLIBRARIES += libweft.la
libweft_la_SOURCES =
libweft_la_LIBADD = %D%/libwfruntime.la
libweft_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 \
	-export-symbols $(top_srcdir)/src/weft.sym
libweft_la_DEPENDENCIES = %D%/libwfruntime.la $(top_srcdir)/src/weft.sym
EXTRA_DIST += src/weft.sym
