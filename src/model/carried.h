/* SPDX-License-Identifier: MIT */
/*
 * carried.h - the symbols that a trace carries: the payload of its SYMBOLS block.
 * Written once, when the program's files are still those that were recorded; read on any
 * machine.  File names come without their directories, as they are shown.
 */
#ifndef WF_MODEL_CARRIED_H
#define WF_MODEL_CARRIED_H
#include "base/map.h"
#include "model/step.h"

struct wf_carried;

/* 0; -ENOMEM; -EBADMSG: damaged, and nothing of it is believed. */
int wf_carried_parse(struct wf_carried **out, const uint8_t *r, const uint8_t *end);
/* The frames of a return address, at most max; 0 when it is not there. */
size_t wf_carried_find(const struct wf_carried *c, uint64_t pc, struct wf_frame *frames,
                       size_t max);
void wf_carried_free(struct wf_carried *c);

/* A payload in the making. */
struct wf_carrying {
    uint8_t *payload; /* NULL: no memory */
    size_t n;
    uint64_t last;         /* address */
    struct wf_map strings; /* where they stand, by their hash */
    uint32_t nstrings;
};

void wf_carrying_init(struct wf_carrying *c);
/* Addresses rise.  False: it has no room there. */
bool wf_carrying_put(struct wf_carrying *c, uint64_t pc, const struct wf_frame *frames,
                     size_t n);
void wf_carrying_fini(struct wf_carrying *c);
#endif /* WF_MODEL_CARRIED_H */
