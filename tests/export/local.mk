# SPDX-License-Identifier: MIT
# check_PROGRAMS += %D%/test_UNIT
# %C%_test_UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
# %C%_test_UNIT_LDADD = src/export/libwfexport.la $(CMOCKA_LIBS)
dist_check_SCRIPTS += %D%/test_schema.sh
