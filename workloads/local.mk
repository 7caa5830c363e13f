# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += %D%/libwfworkloads.la
%C%_libwfworkloads_la_SOURCES = \
	%D%/sched.c %D%/sched.h %D%/sched_ab.c %D%/sched_states.c \
	%D%/workload.h %D%/workloads.def
%C%_libwfworkloads_la_LIBADD = -lm
%C%_libwfworkloads_la_CPPFLAGS = $(AM_CPPFLAGS) $(LLHTTP_CFLAGS)

if HAVE_LLHTTP
# llhttp, from where configure found its sources; others' code, others' warnings.
noinst_LTLIBRARIES += %D%/libwfllhttp.la
%C%_libwfllhttp_la_SOURCES = %D%/llhttp_api.c %D%/llhttp_machine.c
%C%_libwfllhttp_la_CFLAGS = $(AM_CFLAGS) $(LLHTTP_CFLAGS)
%C%_libwfworkloads_la_LIBADD += %D%/libwfllhttp.la
%C%_libwfworkloads_la_SOURCES += \
	%D%/http.h %D%/http_client.c %D%/http_parse.c %D%/http_server.c \
	%D%/httpd.c %D%/orders.c
endif
