# SPDX-License-Identifier: MIT
noinst_LTLIBRARIES += %D%/libwfruntime.la
%C%_libwfruntime_la_SOURCES = \
	%D%/addr.c %D%/addr.h \
	%D%/alarm.c \
	%D%/backtrace.c %D%/backtrace.h \
	%D%/barrier.c \
	%D%/bigstack.c \
	%D%/block.c \
	%D%/cancel.c %D%/ctx.c %D%/ctx.h \
	%D%/chan.c %D%/chan.h \
	%D%/clock.c \
	%D%/cond.c \
	%D%/config.c %D%/knobs.def %D%/knobs.h \
	%D%/knob_read.c %D%/knob_read.h \
	%D%/coro.c \
	%D%/cpus.c \
	%D%/datagram.c \
	%D%/deadlock.c \
	%D%/dump.c %D%/dump.h \
	%D%/emit.c \
	%D%/error.c %D%/error.h \
	%D%/fiber.h \
	%D%/flight.c \
	%D%/futex.h \
	%D%/fuzz.c \
	%D%/g.c \
	%D%/group.c \
	%D%/guard.c %D%/guard.h \
	%D%/json.c %D%/json.h \
	%D%/lock.c %D%/lock.h %D%/locks.def \
	%D%/log.c %D%/log.h \
	%D%/m.c \
	%D%/mutex.c %D%/mutex.h \
	%D%/name.c \
	%D%/net.c \
	%D%/netpoll.c %D%/netpoll.h \
	%D%/obj.c %D%/obj.h \
	%D%/once.c \
	%D%/overflow.c \
	%D%/p.c \
	%D%/procs.c \
	%D%/park.c \
	%D%/pin.c \
	%D%/pool.c %D%/pool.h \
	%D%/preempt.c \
	%D%/proc.c \
	%D%/resolve.c \
	%D%/run.c \
	%D%/runq.c %D%/runq.h \
	%D%/runtime.h \
	%D%/rwlock.c \
	%D%/sample.c \
	%D%/sched.c %D%/sched.h \
	%D%/select.c \
	%D%/semaphore.c \
	%D%/signal.c \
	%D%/sockopt.c \
	%D%/stack.c %D%/stack.h \
	%D%/stacks.c \
	%D%/stats.c \
	%D%/switch.h \
	%D%/sysmon.c %D%/sysmon.h \
	%D%/tbuf.h \
	%D%/trace.c %D%/trace.h %D%/trace_int.h \
	%D%/trace_digest.c \
	%D%/trace_file.c \
	%D%/trace_gen.c \
	%D%/trace_meta.c \
	%D%/trace_slot.c \
	%D%/trace_tables.c \
	%D%/trace_user.c \
	%D%/trace_writer.c \
	%D%/traceparent.c \
	%D%/unwind.c \
	%D%/threads.c \
	%D%/timer.c \
	%D%/vector.c \
	%D%/version.c \
	%D%/waitgroup.c \
	%D%/waitq.c %D%/waitq.h
if ARCH_X86_64
%C%_libwfruntime_la_SOURCES += %D%/switch_x86_64.S
endif
if ARCH_AARCH64
%C%_libwfruntime_la_SOURCES += %D%/switch_aarch64.S
endif
EXTRA_DIST += %D%/switch_x86_64.S %D%/switch_aarch64.S
%C%_libwfruntime_la_LIBADD = src/format/libwfformat.la $(JANSSON_LIBS) $(UNWIND_LIBS) -lm

lib_LTLIBRARIES += libweft.la
libweft_la_SOURCES =
libweft_la_LIBADD = %D%/libwfruntime.la
libweft_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 \
	-export-symbols $(top_srcdir)/src/weft.sym
libweft_la_DEPENDENCIES = %D%/libwfruntime.la $(top_srcdir)/src/weft.sym
EXTRA_DIST += src/weft.sym
