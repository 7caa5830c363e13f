# SPDX-License-Identifier: MIT
check_PROGRAMS += %D%/test_block %D%/test_event %D%/test_varint
%C%_test_block_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_block_LDADD = src/format/libwfformat.la $(CMOCKA_LIBS)
%C%_test_event_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_event_LDADD = src/format/libwfformat.la $(CMOCKA_LIBS)
%C%_test_varint_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_varint_LDADD = src/format/libwfformat.la $(CMOCKA_LIBS)
