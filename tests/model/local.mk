# SPDX-License-Identifier: MIT
# check_PROGRAMS += %D%/test_UNIT
# %C%_test_UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
# %C%_test_UNIT_LDADD = src/model/libwfmodel.la $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_expr
%C%_test_expr_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_expr_LDADD = src/model/libwfmodel.la $(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_hist
%C%_test_hist_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_hist_LDADD = src/model/libwfmodel.la $(CMOCKA_LIBS)
%C%_test_model_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_model_LDADD = src/model/libwfmodel.la $(CMOCKA_LIBS)
