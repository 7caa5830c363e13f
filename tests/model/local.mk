# SPDX-License-Identifier: MIT
# check_PROGRAMS += %D%/test_UNIT
# %C%_test_UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
# %C%_test_UNIT_LDADD = src/model/libwfmodel.la $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_expr
%C%_test_expr_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_expr_LDADD = src/model/libwfmodel.la $(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_hist %D%/test_model
%C%_test_hist_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_hist_LDADD = src/model/libwfmodel.la $(CMOCKA_LIBS)
%C%_test_model_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_model_LDADD = src/model/libwfmodel.la $(CMOCKA_LIBS)
noinst_LTLIBRARIES += %D%/libtraceasm.la
%C%_libtraceasm_la_SOURCES = %D%/asm.c %D%/asm.h %D%/asm_block.c \
	%D%/asm_event.c %D%/asm_flaw.c %D%/asm_int.h
%C%_libtraceasm_la_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_libtraceasm_la_LIBADD = src/format/libwfformat.la src/base/libwfbase.la
noinst_PROGRAMS += %D%/trace_asm
%C%_trace_asm_SOURCES = %D%/trace_asm.c
%C%_trace_asm_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_trace_asm_LDADD = %D%/libtraceasm.la
check_PROGRAMS += %D%/test_bad
%C%_test_bad_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_bad_LDADD = %D%/libtraceasm.la src/model/libwfmodel.la $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_reader
%C%_test_reader_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_reader_LDADD = %D%/libtraceasm.la src/model/libwfmodel.la $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_carry
%C%_test_carry_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_carry_LDADD = %D%/libtraceasm.la src/model/libwfmodel.la $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_mutants
%C%_test_mutants_SOURCES = %D%/test_mutants.c %D%/mutate.h
%C%_test_mutants_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_test_mutants_LDADD = %D%/libtraceasm.la src/model/libwfmodel.la $(CMOCKA_LIBS)
