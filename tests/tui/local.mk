# SPDX-License-Identifier: MIT
check_PROGRAMS += %D%/test_canvas %D%/test_key %D%/test_screens %D%/test_window
%C%_test_canvas_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_canvas_LDADD = src/tui/libwftui.la $(CMOCKA_LIBS)
%C%_test_key_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_key_LDADD = src/tui/libwftui.la $(CMOCKA_LIBS)
%C%_test_screens_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_screens_SOURCES = %D%/test_screens.c %D%/story.c %D%/story.h
%C%_test_screens_LDADD = src/tui/libwftui.la $(CMOCKA_LIBS)
%C%_test_window_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_window_LDADD = src/tui/libwftui.la $(CMOCKA_LIBS)
dist_check_SCRIPTS += %D%/test_script.sh
EXTRA_DIST += %D%/screens.script %D%/screens.expected %D%/sizes.script %D%/sizes.expected

if HAVE_VTERM
check_PROGRAMS += %D%/test_cells %D%/test_terminal
%C%_test_cells_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS) $(VTERM_CFLAGS)
%C%_test_cells_SOURCES = %D%/test_cells.c %D%/pty.c %D%/pty.h
%C%_test_cells_LDADD = src/tui/libwftui.la $(VTERM_LIBS) $(CMOCKA_LIBS) -lutil
%C%_test_terminal_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS) $(VTERM_CFLAGS)
%C%_test_terminal_SOURCES = %D%/test_terminal.c %D%/pty.c %D%/pty.h
%C%_test_terminal_LDADD = $(VTERM_LIBS) $(CMOCKA_LIBS) -lutil
endif
