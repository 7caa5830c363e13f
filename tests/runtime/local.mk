# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/rt_support.h
RT_CPPFLAGS = $(AM_CPPFLAGS) $(TEST_CPPFLAGS) -I$(top_srcdir)/%D%
RT_LDADD = src/runtime/libwfruntime.la $(CMOCKA_LIBS)
check_PROGRAMS += %D%/test_coro %D%/test_retake %D%/test_timer
%C%_test_coro_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_coro_LDADD = $(RT_LDADD)
%C%_test_retake_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_retake_LDADD = $(RT_LDADD)
%C%_test_timer_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_timer_LDADD = $(RT_LDADD)

# The number of Ps, and that of CPUs.
check_PROGRAMS += %D%/test_cpus %D%/test_procs
%C%_test_cpus_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_cpus_LDADD = $(RT_LDADD)
%C%_test_procs_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_procs_LDADD = $(RT_LDADD)

# What coroutines wait for.
EXTRA_DIST += %D%/inside.h %D%/trace_read.h
check_PROGRAMS += %D%/test_chan %D%/test_select %D%/test_sync %D%/test_pool \
	%D%/test_net %D%/test_no_room %D%/test_objects
%C%_test_chan_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_chan_LDADD = $(RT_LDADD)
%C%_test_select_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_select_LDADD = $(RT_LDADD)
%C%_test_sync_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_sync_LDADD = $(RT_LDADD)
%C%_test_pool_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_pool_LDADD = $(RT_LDADD)
%C%_test_net_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_net_LDADD = $(RT_LDADD)
%C%_test_no_room_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_no_room_LDADD = $(RT_LDADD)
%C%_test_objects_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_objects_LDADD = $(RT_LDADD)
%C%_test_no_room_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc,--wrap=strdup \
	-Wl,--wrap=epoll_create1,--wrap=eventfd,--wrap=socket,--wrap=epoll_ctl,--wrap=accept4 \
	-Wl,--wrap=epoll_pwait2
check_PROGRAMS += %D%/test_big_stack %D%/test_net_more %D%/test_park %D%/test_proc %D%/test_resolve %D%/test_signal %D%/test_stack %D%/test_unwind
%C%_test_unwind_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_unwind_LDADD = $(RT_LDADD)
dist_check_SCRIPTS += %D%/test_gdb.sh
%C%_test_proc_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_proc_LDADD = $(RT_LDADD)
%C%_test_proc_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=syscall
%C%_test_signal_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_signal_LDADD = $(RT_LDADD)
%C%_test_net_more_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_net_more_LDADD = $(RT_LDADD)
%C%_test_resolve_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_resolve_LDADD = $(RT_LDADD)
%C%_test_resolve_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getaddrinfo
%C%_test_big_stack_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_big_stack_LDADD = $(RT_LDADD)
%C%_test_park_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_park_LDADD = $(RT_LDADD)
%C%_test_stack_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_stack_LDADD = $(RT_LDADD)
check_PROGRAMS += %D%/test_config %D%/test_ctx %D%/test_ctx_race %D%/test_ctx_wait %D%/test_runq
EXTRA_DIST += %D%/saw.h
check_PROGRAMS += %D%/test_alarm %D%/test_group
%C%_test_group_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_group_LDADD = $(RT_LDADD)
%C%_test_alarm_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_alarm_LDADD = $(RT_LDADD)
%C%_test_ctx_race_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_ctx_race_LDADD = $(RT_LDADD)
%C%_test_ctx_wait_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_ctx_wait_LDADD = $(RT_LDADD)
%C%_test_ctx_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_ctx_LDADD = $(RT_LDADD)
%C%_test_config_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_config_LDADD = $(RT_LDADD)
%C%_test_runq_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_runq_LDADD = $(RT_LDADD)

# The tracer.
EXTRA_DIST += %D%/trace_read.h %D%/trace_replay.h
check_PROGRAMS += %D%/test_trace %D%/test_trace_digest %D%/test_trace_kill \
	%D%/test_trace_parts %D%/test_trace_trouble
%C%_test_trace_trouble_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_trace_trouble_LDADD = $(RT_LDADD)
%C%_test_trace_digest_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_trace_digest_LDADD = $(RT_LDADD)
%C%_test_trace_kill_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_trace_kill_LDADD = $(RT_LDADD)
%C%_test_trace_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_trace_LDADD = $(RT_LDADD)
%C%_test_trace_parts_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_trace_parts_LDADD = $(RT_LDADD)

check_PROGRAMS += %D%/test_sched_trace
%C%_test_sched_trace_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_sched_trace_LDADD = $(RT_LDADD)
check_PROGRAMS += %D%/test_switch
%C%_test_switch_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_switch_LDADD = $(RT_LDADD) $(UNWIND_LIBS)

# errno: with the library, with its parts, and with a part compiled as one with the test.
check_PROGRAMS += %D%/test_errno %D%/test_errno_parts
%C%_test_errno_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_errno_LDADD = libweft.la $(CMOCKA_LIBS)
%C%_test_errno_LDFLAGS = $(AM_LDFLAGS) -no-install
%C%_test_errno_parts_SOURCES = %D%/test_errno.c
%C%_test_errno_parts_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_errno_parts_LDADD = $(RT_LDADD)
if HAVE_LTO
check_PROGRAMS += %D%/test_errno_lto
%C%_test_errno_lto_SOURCES = %D%/test_errno.c src/runtime/coro.c src/runtime/park.c
%C%_test_errno_lto_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_errno_lto_CFLAGS = $(AM_CFLAGS) -flto
%C%_test_errno_lto_LDADD = $(RT_LDADD)
endif

check_PROGRAMS += %D%/test_objects_sync %D%/test_sync_crowd
%C%_test_objects_sync_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_objects_sync_LDADD = $(RT_LDADD)
%C%_test_sync_crowd_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_sync_crowd_LDADD = $(RT_LDADD)

# What must hold: system calls denied, and litmus tests without a sanitizer.
check_PROGRAMS += %D%/test_denied
%C%_test_denied_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_denied_LDADD = $(RT_LDADD)
check_PROGRAMS += %D%/test_faults
%C%_test_faults_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_faults_LDADD = $(RT_LDADD)
%C%_test_faults_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc,--wrap=strdup \
	-Wl,--wrap=free,--wrap=mmap,--wrap=munmap,--wrap=pthread_create \
	-Wl,--wrap=epoll_create1,--wrap=eventfd,--wrap=epoll_ctl,--wrap=epoll_pwait2 \
	-Wl,--wrap=epoll_wait,--wrap=socket,--wrap=accept4

check_PROGRAMS += %D%/test_litmus
%C%_test_litmus_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_litmus_LDADD = $(RT_LDADD)
%C%_test_litmus_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=syscall,--wrap=wf_wake_slow

# What Go promises, rule by rule; exported names, so that messages tell them.
EXTRA_DIST += %D%/semantics.def %D%/semantics.h
check_PROGRAMS += %D%/test_semantics_cancel %D%/test_semantics_chan %D%/test_semantics_locks \
	%D%/test_semantics_mem %D%/test_semantics_select %D%/test_semantics_sync
%C%_test_semantics_cancel_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_semantics_cancel_LDADD = $(RT_LDADD)
%C%_test_semantics_chan_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_semantics_chan_LDADD = $(RT_LDADD)
%C%_test_semantics_chan_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic
%C%_test_semantics_locks_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_semantics_locks_LDADD = $(RT_LDADD)
%C%_test_semantics_locks_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic
%C%_test_semantics_mem_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_semantics_mem_LDADD = $(RT_LDADD)
%C%_test_semantics_select_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_semantics_select_LDADD = $(RT_LDADD)
%C%_test_semantics_sync_CPPFLAGS = $(RT_CPPFLAGS)
%C%_test_semantics_sync_LDADD = $(RT_LDADD)
%C%_test_semantics_sync_LDFLAGS = $(AM_LDFLAGS) -Wl,--export-dynamic

# Errors and log lines.
check_PROGRAMS += %D%/test_error %D%/test_log
%C%_test_log_CPPFLAGS = $(RT_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_test_log_LDADD = $(RT_LDADD) $(JANSSON_LIBS)
%C%_test_log_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc
%C%_test_error_CPPFLAGS = $(RT_CPPFLAGS) $(JANSSON_CFLAGS)
%C%_test_error_LDADD = $(RT_LDADD) $(JANSSON_LIBS)
%C%_test_error_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc

# A user's program under the sanitizers and valgrind.
EXTRA_DIST += %D%/debugged.c
dist_check_SCRIPTS += %D%/test_debugging.sh
