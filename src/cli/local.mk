# SPDX-License-Identifier: MIT
bin_PROGRAMS += weft
weft_SOURCES = \
	%D%/cli.h \
	%D%/cmd_bench.c \
	%D%/cmd_check.c \
	%D%/cmd_doctor.c \
	%D%/cmd_dump.c \
	%D%/cmd_exec.c \
	%D%/cmd_help.c \
	%D%/cmd_report.c \
	%D%/cmd_run.c \
	%D%/cmd_summary.c \
	%D%/cmd_verify.c \
	%D%/cmd_view.c \
	%D%/commands.def \
	%D%/main.c \
	%D%/recording.c %D%/recording.h \
	%D%/run.h %D%/run_figures.c %D%/run_hist.c %D%/run_frame.c %D%/run_result.c \
	%D%/output.c %D%/output.h \
	%D%/session.c %D%/session.h \
	%D%/options.c %D%/options.def %D%/options.h
weft_CPPFLAGS = $(AM_CPPFLAGS) -DWEFT_LIBEXECDIR='"$(pkglibexecdir)"'
weft_LDADD = \
	workloads/libwfworkloads.la \
	src/export/libwfexport.la \
	src/tui/libwftui.la \
	src/runtime/libwfruntime.la \
	$(JANSSON_LIBS) -lm
