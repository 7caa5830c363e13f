/* SPDX-License-Identifier: MIT */
/*
 * lanes.h - what was when, in bins of equal width: a row of bins for each lane.
 */
#ifndef WF_MODEL_LANES_H
#define WF_MODEL_LANES_H
#include "model/model.h"

struct wf_lanes;

/* Bins that grow with the trace (to INT64_MAX), or cover [from, to) with what n gives. */
struct wf_lanes *wf_lanes_new(int64_t from, int64_t to, size_t n);
void wf_lanes_free(struct wf_lanes *l);
/* 0 or -ENOMEM. */
int wf_lanes_step(struct wf_lanes *l, const struct wf_step *s);
/* What is now holds until t. */
int wf_lanes_until(struct wf_lanes *l, int64_t t);
/* Keep a lane of this coroutine from here on; of others there is none. */
int wf_lanes_watch(struct wf_lanes *l, uint64_t g);
int64_t wf_lanes_width(const struct wf_lanes *l);
bool wf_lanes_covers(const struct wf_lanes *l, int64_t from, int64_t to);
/* As wf_model_lane. */
int wf_lanes_cells(const struct wf_lanes *l, enum wf_lane_kind kind, int64_t id,
                   int64_t from, int64_t to, struct wf_cell *cells, size_t ncells);
#endif /* WF_MODEL_LANES_H */
