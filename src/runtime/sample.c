/* SPDX-License-Identifier: MIT */
/*
 * sample.c - where a hog is: a directed signal, whose handler walks the frame pointers
 * of the coroutine that it interrupts.
 */
#include "runtime/sched.h"
#include "runtime/sysmon.h"

void wf_sample_ask(struct wf_m *m)
{
    (void)m;
}
