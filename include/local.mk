# SPDX-License-Identifier: MIT
weftincludedir = $(includedir)/weft
weftinclude_HEADERS = \
	%D%/weft/addr.h \
	%D%/weft/block.h \
	%D%/weft/chan.h \
	%D%/weft/coro.h \
	%D%/weft/ctx.h \
	%D%/weft/error.h \
	%D%/weft/group.h \
	%D%/weft/log.h \
	%D%/weft/net.h \
	%D%/weft/pool.h \
	%D%/weft/proc.h \
	%D%/weft/run.h \
	%D%/weft/select.h \
	%D%/weft/signal.h \
	%D%/weft/stats.h \
	%D%/weft/sync.h \
	%D%/weft/timer.h \
	%D%/weft/trace.h \
	%D%/weft/typed.h \
	%D%/weft/version.h \
	%D%/weft/weft.h
