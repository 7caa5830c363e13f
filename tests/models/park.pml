/* SPDX-License-Identifier: MIT */
/*
 * park.pml - one coroutine waits, some with a deadline or in a context, others wake it.
 * The coroutine takes tokens one after the other, as from a semaphore; a waker hands them
 * to who waits or lays them down.  A deadline may come at any time, from the moment that
 * its timer runs, and so may the end of a context; a timer that was stopped too late still
 * fires.  A monitor looks at who waits.  No token may be lost or given twice, and nobody
 * may touch a waiter, or a frame, of a call that has returned.
 *
 * What runs on the next stack is a process of its own, beside the coroutine: it may be
 * slow, and the coroutine may by then run on another M.
 *
 * code: src/runtime/runtime.h wf_waiter_init 4117196833
 * code: src/runtime/runtime.h wf_wake_claim_g 2751853618
 * code: src/runtime/park.c after_switch 1165591850
 * code: src/runtime/park.c leave_for 2521176975
 * code: src/runtime/park.c wf_park 4159210702
 * code: src/runtime/park.c time_out 4166258258
 * code: src/runtime/park.c start_then_unlock 3624000379
 * code: src/runtime/park.c next_wait 1148320527
 * code: src/runtime/park.c park_in_context 584449215
 * code: src/runtime/park.c wf_park_until 2585412422
 * code: src/runtime/park.c wf_wake_claim_slow 2999330147
 * code: src/runtime/park.c wf_ready 545523656
 * code: src/runtime/waitq.h wf_waitq_claim 395100640
 * code: src/runtime/waitq.h wf_waitq_give_up 1371840062
 * code: src/runtime/deadlock.c hold 3602751881
 * code: src/runtime/deadlock.c let_go 873832007
 *
 * sound:
 * sound: NO_TIMER UNLOCK_EARLY  the wait in wf_ready is for locks dropped so
 * broken: UNLOCK_EARLY         the lock is dropped before the registers are saved
 * broken: NO_WAIT              wf_ready does not wait for the registers
 * broken: NO_TIMER UNLOCK_EARLY NO_WAIT  likewise, for a lock
 * broken: NO_TIMER UNLOCK_EARLY WAITING_EARLY  and it is WAITING before they are
 * broken: PLAIN_CLAIM          the wake-up is claimed by a look and a store
 * broken: SAME_WAIT            the next wait has the number of the last
 * broken: NO_COPY              what is to be unlocked is read once the timer runs
 * broken: NO_GIVE_UP           who timed out leaves its waiter in the list
 * broken: LOSE_HELD            a claim fails while the monitor looks
 */
#define ROUNDS 3

/* states of the coroutine */
#define RUNNING 0
#define WAITING 1
#define RUNNABLE 2

/* the word wake: the number of the wait, and one of these */
#define WAKE(seq, is) ((seq) * 4 + (is))
#define IS_WAITING 0
#define FIRED 1
#define HELD 2

byte state = RUNNING, wake, queued;
bool saved;          /* its registers are */
bool timed_out;      /* wake_result */
bool locked;         /* the semaphore's */
byte tokens, taken;
bool listed;         /* the waiter is in the list */
byte waiter_seq;     /* what the waiter says */
bool given;          /* its result */
bool waiter_alive, frame_alive;
bool leaving;        /* the next stack has something to do */
byte deadline;       /* of this wait: that of its round; 0: none */
byte start_with;     /* the next stack starts the timer with this; 0: not */
byte cancel;         /* a context may cancel wait number cancel - 1; 0: none */
byte armed;          /* the timer, with this deadline */
byte armed_seq;      /* for which wait, read when it fires */

inline lock()
{
    atomic { !locked; locked = true }
}

/* wf_wake_claim_g with its slow side. */
inline claim(seq, won)
{
#ifdef PLAIN_CLAIM
    won = (wake == WAKE(seq, IS_WAITING));
    if
    :: won -> wake = WAKE(seq, FIRED)
    :: else
    fi
#else
    atomic {
#ifndef LOSE_HELD
        wake != WAKE(seq, HELD);
#endif
        won = (wake == WAKE(seq, IS_WAITING));
        if
        :: won -> wake = WAKE(seq, FIRED)
        :: else
        fi
    }
#endif
}

inline ready()
{
#ifdef NO_WAIT
    atomic { assert(saved); state = RUNNABLE; queued++ }
#else
    atomic { state != RUNNING; assert(state == WAITING && saved); state = RUNNABLE; queued++ }
#endif
}

/* After the switch: on the next stack of the M that the coroutine left. */
proctype next_stack()
{
    byte copy;
end:
    do
    :: atomic { leaving -> leaving = false; saved = true; copy = start_with }
        d_step { assert(state == RUNNING || state == WAITING); state = WAITING }
        if
        :: copy ->
            armed = copy;
#ifdef NO_COPY
            assert(frame_alive)
#endif
        :: else
        fi;
#ifndef UNLOCK_EARLY
        assert(locked);
        locked = false;
#endif
        copy = 0
    od
}

proctype coroutine()
{
    byte round;
    do
    :: round == ROUNDS -> break
    :: else ->
        lock();
        if
        :: tokens -> tokens--; taken++; locked = false
        :: else ->
            d_step {
                waiter_alive = true; frame_alive = true; given = false;
                waiter_seq = wake / 4;
                assert(!listed);
                listed = true;
                timed_out = false
            }
            if /* wf_park_until, with a deadline or without */
#ifndef NO_TIMER
            :: d_step { deadline = round + 1; armed_seq = wake / 4; start_with = deadline }
            /* park_in_context: at once, as it may be cancelled at once */
            :: cancel = wake / 4 + 1;
                d_step { deadline = round + 1; armed_seq = wake / 4; start_with = 0 }
                armed = deadline
#endif
            :: d_step { deadline = 0; start_with = 0 }
            fi;
#ifdef UNLOCK_EARLY
            locked = false;
#endif
#ifdef WAITING_EARLY
            state = WAITING;
#endif
            leaving = true;
            atomic {
                queued > 0 -> queued--;
                assert(state == RUNNABLE && saved && !queued);
                state = RUNNING;
                saved = false
            }
#ifndef SAME_WAIT
            wake = WAKE((wake / 4 + 1) % 4, IS_WAITING);
#else
            wake = WAKE(wake / 4, IS_WAITING);
#endif
            /* wf_timer_stop: too late if it was taken out to be fired */
            if
            :: !timed_out || cancel -> armed = 0
            :: else
            fi;
            d_step { cancel = 0; frame_alive = false }
            if
            :: timed_out ->
#ifndef NO_GIVE_UP
                lock();
                listed = false;
                locked = false
#endif
            :: else -> assert(given); taken++
            fi;
            waiter_alive = false
        fi;
        round++
    od
}

proctype waker()
{
    bool won;
    byte n;
    do
    :: n == ROUNDS -> break
    :: else ->
        lock();
        won = false;
        if
        :: listed ->
            d_step { assert(waiter_alive); listed = false }
            claim(waiter_seq, won)
        :: else
        fi;
        if
        :: won -> d_step { assert(waiter_alive && !given); given = true }
        :: else -> tokens++
        fi;
        locked = false;
        if
        :: won -> ready()
        :: else
        fi;
        n++
    od
}

/* time_out: taken out of the heap with its number, then run. */
proctype timer()
{
    byte seq, was;
    bool won;
end:
    do
    :: atomic { armed -> was = armed; armed = 0; seq = armed_seq }
        claim(seq, won);
        if
        :: won -> timed_out = true; assert(was == deadline); ready()
        :: else
        fi;
        d_step { seq = 0; was = 0; won = false }
    od
}

/* Cancels whoever waits in its context, once. */
proctype canceller()
{
    byte seq;
    bool won;
end:
    atomic { cancel -> seq = cancel - 1 }
    claim(seq, won);
    if
    :: won -> timed_out = true; ready()
    :: else
    fi
}

proctype monitor()
{
    byte was, looks;
end:
    do
    :: looks < 2 -> looks++;
end_look:
        atomic {
        (wake & 3) == IS_WAITING -> was = wake; wake = wake / 4 * 4 + HELD
       }
        atomic {
            if
            :: wake == (was / 4) * 4 + HELD -> wake = was
            :: else
            fi;
            was = 0
        }
    od
}

init {
    atomic {
        run coroutine();
        run next_stack();
        run waker();
        run timer();
        run canceller();
        run monitor()
    }
    timeout;
    assert(tokens + taken == ROUNDS)
}
