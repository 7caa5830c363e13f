# SPDX-License-Identifier: MIT
# Programs of at most 60 lines that link the library as it is installed.  Each exits 0
# when what it says is true, so make check runs them.
examples = %D%/01-hello %D%/02-pipeline %D%/03-first-answer %D%/04-echo %D%/05-stall
check_PROGRAMS += $(examples)
noinst_PROGRAMS += %D%/06-chat
LDADD = libweft.la
