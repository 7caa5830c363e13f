/* SPDX-License-Identifier: MIT */
/*
 * select.pml - coroutines that wait on several channels at once.
 * Two unbuffered channels.  One coroutine receives from either, twice; one sends to
 * either; one sends to the second only, as weft_chan_send does.  Any wait may have a
 * deadline.  A call does one case or none, nobody may touch the frame of a call that has
 * returned, and when nothing moves any more, no sender and receiver of one channel may
 * both wait.
 *
 * code: src/runtime/select.c lock_all 1534135197
 * code: src/runtime/select.c unlock_all 3475817447
 * code: src/runtime/select.c list_locks 1337048982
 * code: src/runtime/select.c queue_all 2105612860
 * code: src/runtime/select.c unqueue_all 3185312863
 * code: src/runtime/select.c wait_for_case 1870182757
 * code: src/runtime/select.c select_locked 4224924468
 * code: src/runtime/chan.h wf_chan_claim 3357426474
 * code: src/runtime/chan.h wf_chan_try_send 1628527539
 * code: src/runtime/chan.h wf_chan_try_recv 581668533
 * code: src/runtime/chan.c wait_for_peer 1630795650
 *
 * sound:
 * broken: ANY_ORDER            locks are taken in the order of the cases
 * broken: PLAIN_CLAIM          the wake-up is claimed by a look and a store
 * broken: SAME_WAIT            the next wait has the number of the last
 * broken: READ_TWICE           the list of locks is looked at after the last is dropped
 * broken: LEAVE_QUEUED         who was woken leaves its other waiter in its list
 * broken: ONE_BY_ONE           a channel is unlocked once it was tried, and queued on later
 */
#define N 3     /* coroutines; the first receives */
#define NONE 3  /* no channel: not chosen */
#define LATE 4  /* instead of a channel: the deadline came */

bool locked[2];
bool recv_list[2], send_list[2 * N]; /* whose waiters stand in the channels' lists */
#define LISTED(p, ch) ((p) == 0 -> recv_list[ch] : send_list[2 * (p) + (ch)])
byte wake[N];     /* number of the wait * 2, + 1: claimed */
byte seq[N];      /* what their waiters say */
byte result[N];   /* the case that was chosen for who waits */
bool frame[N];    /* what select has on the stack is there */
bool parked[N];   /* for the next stack: locks to drop */
bool woken[N];
bool deadline[N]; /* a timer runs for this wait */

inline lock(ch)
{
    atomic { !locked[ch]; locked[ch] = true }
}

inline claim(p, with, won)
{
#ifdef PLAIN_CLAIM
    won = (wake[p] == with * 2);
    if
    :: won -> wake[p] = with * 2 + 1
    :: else
    fi
#else
    d_step {
        won = (wake[p] == with * 2);
        if
        :: won -> wake[p] = with * 2 + 1
        :: else
        fi
    }
#endif
}

inline unlist(p, ch)
{
    if
    :: p == 0 -> recv_list[ch] = false
    :: else -> send_list[2 * p + ch] = false
    fi
}

/* wf_chan_try: take waiters of the other side off until one is won: peer, or N. */
inline try(me, ch)
{
    peer = N;
    do
    :: me == 0 && send_list[2 + ch] -> peer = 1
    :: me == 0 && send_list[4 + ch] -> peer = 2
    :: me != 0 && recv_list[ch] -> peer = 0
    :: else -> break
    od unless { peer != N };
    if
    :: peer != N ->
        d_step { assert(frame[peer]); unlist(peer, ch) }
        claim(peer, seq[peer], won);
        if
        :: won -> d_step { assert(result[peer] == NONE); result[peer] = ch; won = false }
        :: else -> peer = N + 1 /* look again */
        fi
    :: else
    fi
}

/* weft_select on the channels of mask; first: the case that is tried first. */
proctype coroutine(byte me, mask, rounds)
{
    byte first, peer, ch, done;
    bool won;
again:
    do
    :: rounds == 0 -> goto end_all
    :: else -> rounds--; break
    od;
    if
    :: mask & 1 -> first = 0
    :: mask & 2 -> first = 1
    fi;
    done = NONE;
#ifndef ONE_BY_ONE
#ifdef ANY_ORDER
    lock(first);
    if
    :: mask == 3 -> lock(1 - first)
    :: else
    fi;
#else
    if
    :: mask & 1 -> lock(0)
    :: else
    fi;
    if
    :: mask & 2 -> lock(1)
    :: else
    fi;
#endif
#endif
    ch = first;
    do /* try_cases */
    :: atomic { ch != NONE && !(mask & (1 << ch)) -> ch = NONE }
    :: ch != NONE && (mask & (1 << ch)) ->
#ifdef ONE_BY_ONE
        lock(ch);
#endif
        do
        :: try(me, ch);
            if
            :: peer <= N -> break
            :: else
            fi
        od;
#ifdef ONE_BY_ONE
        locked[ch] = false;
#endif
        if
        :: peer < N -> done = ch; break
        :: else
        fi;
        if
        :: ch == first -> ch = 1 - first
        :: else -> ch = NONE
        fi
    :: ch == NONE -> break
    od;
    if
    :: done != NONE -> /* unlock_all, wf_chan_finish */
#ifndef ONE_BY_ONE
        if
        :: mask & 2 -> locked[1] = false
        :: else
        fi;
        if
        :: mask & 1 -> locked[0] = false
        :: else
        fi;
#endif
        woken[peer] = true
    :: else -> /* wait_for_case */
#ifdef ONE_BY_ONE
        atomic { !locked[0] && !locked[1] -> locked[0] = mask & 1; locked[1] = mask / 2 }
#endif
        d_step {
            frame[me] = true;
            seq[me] = wake[me] / 2;
            result[me] = NONE;
            if
            :: me == 0 -> recv_list[0] = mask & 1; recv_list[1] = mask / 2
            :: else -> send_list[2 * me] = mask & 1; send_list[2 * me + 1] = mask / 2
            fi
        }
        if
        :: deadline[me] = true
        :: deadline[me] = false
        fi;
        parked[me] = true;
end_waiting:
        atomic { woken[me] -> woken[me] = false }
#ifdef SAME_WAIT
        wake[me] = wake[me] / 2 * 2;
#else
        wake[me] = (wake[me] / 2 + 1) * 2;
#endif
        deadline[me] = false; /* wf_timer_stop */
#ifndef LEAVE_QUEUED
        if /* unqueue_all */
        :: mask & 1 -> lock(0); unlist(me, 0); locked[0] = false
        :: else
        fi;
        if
        :: mask & 2 -> lock(1); unlist(me, 1); locked[1] = false
        :: else
        fi;
#endif
        d_step { assert(result[me] != NONE); frame[me] = false; result[me] = NONE }
    fi;
    d_step { first = 0; peer = 0; ch = 0; done = 0 }
    goto again;
end_all:
    skip
}

/* unlock_all, on the next stack; the timer of this wait runs already. */
proctype next_stack(byte me, mask)
{
end:
    do
    :: atomic { parked[me] -> parked[me] = false }
        if
        :: mask & 2 -> assert(frame[me]); locked[1] = false
        :: else
        fi;
        if
        :: mask & 1 -> assert(frame[me]); locked[0] = false
        :: else
        fi;
#ifdef READ_TWICE
        assert(frame[me])
#endif
    od
}

proctype timer(byte me)
{
    byte with;
    bool won;
end:
    do
    :: atomic { deadline[me] && !parked[me] -> deadline[me] = false; with = seq[me] }
        claim(me, with, won);
        if
        :: won -> d_step { assert(result[me] == NONE); result[me] = LATE; woken[me] = true }
        :: else
        fi;
        d_step { with = 0; won = false }
    od
}

#define WAITS(p, ch) (LISTED(p, ch) && wake[p] == seq[p] * 2)

init {
    atomic {
        result[0] = NONE; result[1] = NONE; result[2] = NONE;
        run coroutine(0, 3, 2);
        run coroutine(1, 3, 1);
        run coroutine(2, 2, 1);
        run next_stack(0, 3);
        run next_stack(1, 3);
        run next_stack(2, 2);
        run timer(0);
        run timer(1);
        run timer(2)
    }
    timeout;
    assert(!(WAITS(0, 0) && WAITS(1, 0)));
    assert(!(WAITS(0, 1) && (WAITS(1, 1) || WAITS(2, 1))));
    assert(!locked[0] && !locked[1])
}
