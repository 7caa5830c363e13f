/* SPDX-License-Identifier: MIT */
/*
 * tbuf.h - what the tracer keeps in each M.
 */
#ifndef WF_RUNTIME_TBUF_H
#define WF_RUNTIME_TBUF_H

struct wf_tbuf {
    unsigned char *at; /* where the next event goes */
};

#endif /* WF_RUNTIME_TBUF_H */
