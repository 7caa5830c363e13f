/* SPDX-License-Identifier: MIT */
/*
 * story.h - a source of steps that tells the same small story each time: four Ps, a
 * listener, workers that pass work on through a channel, one that hogs its P, a gap.
 */
#ifndef WEFT_TESTS_STORY_H
#define WEFT_TESTS_STORY_H
#include "model/step.h"

enum {
    STORY_PROCS = 4,
    STORY_WORKERS = 12,
    STORY_HOG = 7 /* its G */
};
#define STORY_HOG_FROM INT64_C(60000000)
#define STORY_HOG_TO   INT64_C(190000000)
#define STORY_END      INT64_C(400000000)

/* Closed by its close. */
struct wf_source *story_open(void);
/* The same with names that want to control the terminal. */
struct wf_source *story_open_hostile(void);
#endif /* WEFT_TESTS_STORY_H */
