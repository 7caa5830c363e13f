# SPDX-License-Identifier: MIT
# Only with --enable-fuzz, which wants clang: tests/fuzz/fuzz_trace CORPUS-DIRECTORY
if FUZZ
noinst_PROGRAMS += %D%/fuzz_trace
endif
EXTRA_PROGRAMS = %D%/fuzz_trace
%C%_fuzz_trace_SOURCES = %D%/fuzz_trace.c tests/model/mutate.h
%C%_fuzz_trace_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS)
%C%_fuzz_trace_LDFLAGS = $(AM_LDFLAGS) $(WEFT_FUZZ)
%C%_fuzz_trace_LDADD = src/model/libwfmodel.la
