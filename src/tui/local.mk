# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += %D%/libwftui.la
%C%_libwftui_la_SOURCES = \
	%D%/actions.c \
	%D%/app.c %D%/app.h \
	%D%/canvas.c %D%/canvas.h \
	%D%/chrome.c \
	%D%/detail.c \
	%D%/fmt.c %D%/fmt.h \
	%D%/glyphs.def \
	%D%/key.c %D%/key.h \
	%D%/keys.def \
	%D%/lanes.c \
	%D%/names.c \
	%D%/pair.c \
	%D%/prompt.c \
	%D%/run.c \
	%D%/shot.c \
	%D%/styles.def \
	%D%/table.c %D%/table.h \
	%D%/timeline.h \
	%D%/timeline_keys.c \
	%D%/term.c %D%/term.h \
	%D%/tui.h \
	%D%/verbs.c %D%/verbs.def \
	%D%/view_alerts.c \
	%D%/view_coroutines.c \
	%D%/view_info.c \
	%D%/view_objects.c \
	%D%/view_overview.c \
	%D%/view_queues.c \
	%D%/view_sites.c \
	%D%/view_stats.c \
	%D%/view_timeline.c \
	%D%/views.def \
	%D%/window.c %D%/window.h
%C%_libwftui_la_LIBADD = libweft-trace.la $(NCURSES_LIBS)
