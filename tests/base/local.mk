# SPDX-License-Identifier: MIT
check_PROGRAMS += %D%/test_fatal %D%/test_list %D%/test_map %D%/test_text %D%/test_units
%C%_test_fatal_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_fatal_LDADD = src/base/libwfbase.la $(CMOCKA_LIBS)
%C%_test_list_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_list_LDADD = src/base/libwfbase.la $(CMOCKA_LIBS)
%C%_test_text_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_text_LDADD = src/base/libwfbase.la $(CMOCKA_LIBS)
%C%_test_units_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_units_LDADD = src/base/libwfbase.la $(CMOCKA_LIBS)
%C%_test_map_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_map_LDADD = src/base/libwfbase.la $(CMOCKA_LIBS)
