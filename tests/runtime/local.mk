# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/rt_support.h
RT_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS) -I$(top_srcdir)/%D%
RT_LDADD = src/runtime/libwfruntime.la $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_coro %D%/test_retake %D%/test_timer
%C%_test_coro_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_coro_LDADD = $(RT_LDADD)
%C%_test_retake_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_retake_LDADD = $(RT_LDADD)
%C%_test_timer_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_timer_LDADD = $(RT_LDADD)
check_PROGRAMS += %D%/test_park %D%/test_stack
%C%_test_park_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_park_LDADD = $(RT_LDADD)
%C%_test_stack_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_stack_LDADD = $(RT_LDADD)
