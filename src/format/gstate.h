/* SPDX-License-Identifier: MIT */
/*
 * gstate.h - the states of a coroutine and which may follow which.
 * The runtime moves through them, the model replays them; this table serves both.
 */
#ifndef WF_FORMAT_GSTATE_H
#define WF_FORMAT_GSTATE_H
#include <stdbool.h>
#include <stdint.h>

/* STATE(ID, name, letter in plain timelines, states that may follow, what holds
 * meanwhile) */
#define WF_G_STATES(STATE)                                                             \
    STATE(IDLE, idle, 'i', B(RUNNABLE), "made; on no queue")                           \
    STATE(RUNNABLE, runnable, 'q', B(RUNNING), "on exactly one run queue")             \
    STATE(RUNNING, running, 'R', B(RUNNABLE) | B(SYSCALL) | B(WAITING) | B(DEAD),      \
          "on an M; a P until retaken")                                                \
    STATE(SYSCALL, syscall, 's', B(RUNNING) | B(RUNNABLE), "its P may be taken away")  \
    STATE(WAITING, waiting, 'w', B(RUNNABLE), "owned by what it waits for")            \
    STATE(DEAD, dead, 'd', B(IDLE), "its stack is back in the pool")

enum wf_g_state {
#define STATE(ID, name, letter, next, doc) WF_G_##ID,
    WF_G_STATES(STATE)
#undef STATE
        WF_G_NSTATES
};

/* May a coroutine go from one state to the other? */
static inline bool wf_g_may_follow(unsigned from, unsigned to)
{
#define B(name)                            (1u << WF_G_##name)
#define STATE(ID, name, letter, next, doc) next,
    static const uint8_t next[] = { WF_G_STATES(STATE) };
#undef STATE
#undef B
    return from < WF_G_NSTATES && to < WF_G_NSTATES && (next[from] >> to & 1);
}

/* "runnable"; NULL when s is no state. */
const char *wf_g_state_name(unsigned s);
/* 'q'; '?' when s is no state. */
char wf_g_state_letter(unsigned s);
#endif /* WF_FORMAT_GSTATE_H */
