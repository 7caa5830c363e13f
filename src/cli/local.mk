# SPDX-License-Identifier: MIT
bin_PROGRAMS += weft
weft_SOURCES = \
	%D%/cli.h \
	%D%/cmd_help.c \
	%D%/commands.def \
	%D%/main.c \
	%D%/options.c %D%/options.def %D%/options.h
weft_LDADD = \
	workloads/libwfworkloads.la \
	src/export/libwfexport.la \
	src/tui/libwftui.la \
	src/runtime/libwfruntime.la
