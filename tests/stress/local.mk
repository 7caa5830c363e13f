# SPDX-License-Identifier: MIT
check_PROGRAMS += %D%/test_schedules
%C%_test_schedules_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_schedules_LDADD = $(RT_LDADD)
