# SPDX-License-Identifier: MIT
# check_PROGRAMS += %D%/test_UNIT
# %C%_test_UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
# %C%_test_UNIT_LDADD = src/tui/libwftui.la $(CMOCKA_LIBS)
