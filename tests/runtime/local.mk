# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/rt_support.h
check_PROGRAMS += %D%/test_coro
%C%_test_coro_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS) -I$(top_srcdir)/%D%
%C%_test_coro_LDADD = src/runtime/libwfruntime.la $(CMOCKA_LIBS)
