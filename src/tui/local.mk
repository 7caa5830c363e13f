# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += %D%/libwftui.la
%C%_libwftui_la_SOURCES =
%C%_libwftui_la_LIBADD = libweft-trace.la $(NCURSES_LIBS)
