# SPDX-License-Identifier: MIT
# Programs of at most 75 lines, the chat server 60, that link the library as it is installed.
# Each exits 0 when what it says is true, so make check runs them.
examples = %D%/01-hello %D%/02-pipeline %D%/03-first-answer %D%/04-echo %D%/05-stall \
	%D%/06-deadline %D%/07-workers %D%/08-shutdown
check_PROGRAMS += $(examples)
noinst_PROGRAMS += %D%/09-chat
LDADD = libweft.la
