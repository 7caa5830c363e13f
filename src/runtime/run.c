/* SPDX-License-Identifier: MIT */
/*
 * run.c - the runtime's beginning and end.
 */
#include <weft/run.h>

#include "runtime/runtime.h"

struct wf_rt wf_rt;

int weft_procs(void)
{
    return (int)wf_rt.nprocs;
}
