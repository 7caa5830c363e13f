# SPDX-License-Identifier: MIT
# Each room's tests link that room and what it may see.
TEST_CPPFLAGS = -I$(top_srcdir)/tests
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(top_srcdir)'; export top_srcdir; \
	top_builddir='$(top_builddir)'; export top_builddir; \
	LD_LIBRARY_PATH='$(abs_top_builddir)/.libs'; export LD_LIBRARY_PATH; \
	NM='$(NM)'; export NM; CC='$(CC)'; export CC; \
	CXX='$(CXX_FOR_CHECKS)'; export CXX; \
	WEFT_SANITIZE='$(WEFT_SANITIZE)'; export WEFT_SANITIZE; \
	WEFT_BLESS='$(WEFT_BLESS)'; export WEFT_BLESS;

# Programs run under TEST_EMULATOR if this is a cross build; who hangs fails.
TEST_TIMEOUT = 300
TEST_EXTENSIONS = .sh .py
LOG_COMPILER = timeout -k 5 $(TEST_TIMEOUT) $(TEST_EMULATOR)
SH_LOG_COMPILER = timeout -k 5 $(TEST_TIMEOUT) $(SHELL)
PY_LOG_COMPILER = timeout -k 5 $(TEST_TIMEOUT) $(PYTHON3)
TESTS += $(check_PROGRAMS) $(dist_check_SCRIPTS)

dist_check_SCRIPTS += tests/check-chat.sh tests/check-docs.sh tests/check-headers.sh tests/check-layers.sh tests/check-man.sh \
	tests/check-models.sh tests/check-semantics.sh \
	tests/check-style.sh tests/check-symbols.sh tests/check-typed.sh
EXTRA_DIST += tests/lib.sh tests/scale tests/scale.def tests/scale.h tests/scale.py tests/support.h

if HAVE_CMOCKA
include tests/base/local.mk
include tests/format/local.mk
include tests/runtime/local.mk
include tests/models/local.mk
include tests/stress/local.mk
if PROGRAM
include tests/fuzz/local.mk
include tests/model/local.mk
include tests/export/local.mk
include tests/tui/local.mk
include tests/cli/local.mk
include tests/oracle/local.mk
include tests/workloads/local.mk
endif
endif

print-tests:
	@echo $(TESTS)
.PHONY: print-tests

# Take what the tests of cli and tui print now for what they should print.
bless: all
	$(MAKE) check WEFT_BLESS=1 \
	    TESTS="`$(MAKE) -s print-tests | tr ' ' '\n' | grep -E '^tests/(cli|tui)/.*\.sh$$' | tr '\n' ' '`"
.PHONY: bless
