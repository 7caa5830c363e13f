/* SPDX-License-Identifier: MIT */
/*
 * semantics.h - for the tests that take a rule each from what Go says about a thing: a
 * body notes what must be so, the test asserts that all of it was.
 */
#ifndef WEFT_TESTS_SEMANTICS_H
#define WEFT_TESTS_SEMANTICS_H
#include "saw.h"

static int noted;

/* What must be so, in a body; by one coroutine at a time. */
static inline void must(bool so)
{
    if (noted < (int)(sizeof saw / sizeof *saw))
        saw[noted++] = so;
}

static inline void assert_rule(void (*body)(void *), int notes)
{
    noted = 0;
    run(body);
    assert_int_equal(noted, notes);
    for (int i = 0; i < notes; i++)
        if (saw[i] != 1)
            fail_msg("what must be so, number %d of %d, was not", i + 1, notes);
}

/* The program ends by a message in which the texts come one after the other. */
static inline void assert_dies_saying(void (*fn)(void *), const char *const *texts)
{
    char said[4096];
    const char *at = said;
    int status = in_child(run_breach, &fn, said, sizeof said);
    for (; *texts && at; texts++)
        at = strstr(at, *texts);
    if (!WIFSIGNALED(status) || !at)
        fail_msg("wanted \"%s\", got status %x and \"%s\"", texts[-1], status, said);
}
#define assert_dies_at(fn, ...)                                                        \
    assert_dies_saying(fn, (const char *const[]){ __VA_ARGS__, NULL })

struct count_why {
    unsigned why;
    int n;
};

static inline void count_why(struct wf_g *g, void *arg)
{
    struct count_why *c = arg;
    c->n += atomic_load(&g->state) == WF_G_WAITING && atomic_load(&g->why) == c->why;
}

/* How many coroutines are parked for this reason at this moment. */
static inline int parked_for(enum wf_why why)
{
    struct count_why c = { why, 0 };
    wf_g_each(count_why, &c);
    return c.n;
}

static inline void await_parked_for(enum wf_why why, int n)
{
    while (parked_for(why) != n)
        weft_yield();
}

#endif /* WEFT_TESTS_SEMANTICS_H */
