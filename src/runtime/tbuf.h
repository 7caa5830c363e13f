/* SPDX-License-Identifier: MIT */
/*
 * tbuf.h - what the tracer keeps in each M.
 */
#ifndef WF_RUNTIME_TBUF_H
#define WF_RUNTIME_TBUF_H
#include <stdatomic.h>
#include <stdint.h>

struct wf_torder {
    _Atomic uint64_t word;
};
static inline void wf_torder_reset(struct wf_torder *o)
{
    atomic_store_explicit(&o->word, 0, memory_order_relaxed);
}

struct wf_tbuf {
    unsigned char *at; /* where the next event goes */
};

#endif /* WF_RUNTIME_TBUF_H */
