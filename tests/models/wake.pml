/* SPDX-License-Identifier: MIT */
/*
 * wake.pml - the spinning rule: whom new work wakes, and how an M goes to sleep.
 * Three Ps.  The first has a hog that puts work into its ring and computes for ever, so that
 * others must come and steal; what they find may be a hog too.  An M comes back from a
 * system call and wants a P, the monitor has one to hand off, a plain thread puts work
 * into the global queue; or the first P is one too many and leaves, with two in its ring.
 * When nothing moves any more, no work may lie while a P idles; with CROWD, where there is
 * one P more than CPUs, while more than that one idle.
 *
 * code: src/runtime/sched.h wf_wake_p 510187318
 * code: src/runtime/sched.c wf_wake_slow 1077177009
 * code: src/runtime/sched.c wf_global_add 3573610711
 * code: src/runtime/sched.c start_spinning 3403255595
 * code: src/runtime/sched.c found_while_spinning 2856665030
 * code: src/runtime/sched.c spin 773937670
 * code: src/runtime/sched.c give_up_p 2856567774
 * code: src/runtime/sched.c wf_anything_queued 1734653601
 * code: src/runtime/sched.c take_idle_p 2910590182
 * code: src/runtime/sched.c stop_spinning 935346953
 * code: src/runtime/m.c wf_m_start 2079534643
 * code: src/runtime/m.c cannot_spin 2753472308
 * code: src/runtime/p.c wf_p_handoff 1878204373
 * code: src/runtime/procs.c give_queue 135686592
 * code: src/runtime/procs.c wf_p_leave 705655032
 *
 * sound: RING
 * sound: HANDOFF
 * sound: GLOBAL
 * sound: LEAVE
 * sound: RING CROWD
 * sound: GLOBAL CROWD
 * sound: RING NO_NEED
 * broken: RING NO_FENCE_PUT     work is published and nspinning read without a fence
 * broken: RING NO_FENCE_STOP    the P is put to the idle ones and queues read without one
 * broken: RING NO_LOOK_AGAIN    no look at the queues once the P is given up
 * broken: RING NO_HEIR          the last spinner that finds work wakes nobody
 * broken: RING LOWER_LATE       who found no idle P lowers nspinning after the lock
 * broken: HANDOFF OWN_ONLY      the monitor looks at the queue of its own P only
 * broken: GLOBAL NO_FENCE_PUT   the same for the global queue
 * broken: RING CROWD NO_LOOK_AGAIN  as above
 * broken: LEAVE NO_LEAVE_LOOK     what a P left in the global queue is told to nobody
 */
#define CPUS 4
#define DEPTH 3
#define WORDS 6
#include "tso.inc"

/* words */
#define LOCK 0
#define HEAD 1 /* of the first P's ring */
#define TAIL 2
#define GLOBAL_N 3
#define NIDLE 4
#define NEED 5

#define PS 3

#ifdef CROWD /* wf_rt.spare */
#define SPARE 1
#else
#define SPARE 0
#endif

byte nspinning;             /* changed by atomic operations alone */
byte wakes, spinning_wakes; /* Ps on their way to Ms that sleep, the latter to spin */

/*
 * What is done under wf_rt.lock is one step: the words that it reads are changed under the
 * lock alone, and what it stores comes out of the buffer one by one, the lock last.
 */
#define LOCKED(cpu) sb[cpu].n == 0 && !mem[LOCK]; mem[LOCK] = 1
#define UNLOCK(cpu) store(cpu, LOCK, 0)

inline lower(cpu)
{
    atomic { sb[cpu].n == 0; nspinning-- }
}

/* wf_m_start(NULL, true), nspinning counted already; to lower it is a fence, too */
inline start_m(cpu)
{
    atomic {
        LOCKED(cpu);
        ok = mem[NIDLE] > 0;
        if
        :: ok -> store(cpu, NIDLE, mem[NIDLE] - 1); spinning_wakes++
        :: else ->
#ifndef NO_NEED
            mem[NEED] = 1;
#endif
#ifndef LOWER_LATE
            nspinning--
#endif
        fi;
        UNLOCK(cpu)
    }
#ifdef LOWER_LATE
    if
    :: !ok -> lower(cpu)
    :: else
    fi
#endif
}

inline look_and_wake(cpu)
{
#ifndef NO_FENCE_PUT
    fence(cpu);
#endif
    load(cpu, NIDLE, x);
    if
    :: x > SPARE && !nspinning ->
        atomic { sb[cpu].n == 0; ok = !nspinning; nspinning = nspinning + ok }
        if
        :: ok -> start_m(cpu)
        :: else
        fi
    :: else
    fi;
    x = 0; ok = false
}

inline take_idle_p(cpu, need)
{
    atomic {
        LOCKED(cpu);
        ok = mem[NIDLE] > 0;
        if
        :: ok -> store(cpu, NIDLE, mem[NIDLE] - 1)
#ifndef NO_NEED
        :: !ok && need -> store(cpu, NEED, 1)
#endif
        :: else
        fi;
        UNLOCK(cpu)
    }
}

inline anything_queued(cpu)
{
    load(cpu, GLOBAL_N, x);
    ok = x > 0;
    load(cpu, HEAD, x);
    atomic {
        load(cpu, TAIL, y);
        ok = ok || x != y;
        x = 0; y = 0
    }
}

inline start_spinning(cpu)
{
    atomic { sb[cpu].n == 0; spinning = true; nspinning++ }
}

/* wf_schedule of an M that, at first, has a P or wants one. */
proctype m(byte me; bool has_p)
{
    byte x, y, z;
    bool ok, spinning, again;
    if
    :: has_p
    :: else -> take_idle_p(me, false);
        if
        :: !ok -> goto asleep
        :: else
        fi
    fi;
look: /* look_near: the global queue; its own ring is empty */
    ok = false; again = false;
    load(me, GLOBAL_N, x);
    if
    :: x ->
        x = 0;
        atomic {
            LOCKED(me);
            ok = mem[GLOBAL_N] > 0;
            if
            :: ok -> store(me, GLOBAL_N, mem[GLOBAL_N] - 1)
            :: else
            fi;
            UNLOCK(me)
        }
        if
        :: ok -> goto found
        :: else
        fi
    :: else
    fi;
    if /* spin: of the Ps that are not idle, at most half spin */
    :: !spinning ->
        load(me, NIDLE, x);
        atomic { ok = x >= SPARE && 2 * nspinning < PS - x; x = 0 }
        if
        :: ok -> start_spinning(me)
        :: else -> goto give_up
        fi
    :: else ->
        load(me, NIDLE, x);
        atomic { ok = x >= SPARE; x = 0 }
        if
        :: ok
        :: else -> goto give_up /* timers alone */
        fi
    fi;
    do
    :: load(me, HEAD, x);
        atomic { load(me, TAIL, y); ok = x == y; y = 0 }
        if
        :: ok -> x = 0; ok = false; break
        :: else ->
            atomic { cas(me, HEAD, x, x + 1, ok); x = 0 }
            if
            :: ok -> goto found
            :: else
            fi
        fi
    od;
give_up: /* give_up_p */
    atomic {
        LOCKED(me);
        again = mem[GLOBAL_N] || mem[NEED];
        if
        :: !again -> store(me, NIDLE, mem[NIDLE] + 1)
        :: again && mem[NEED] && !spinning -> start_spinning(me)
        :: else
        fi;
        store(me, NEED, 0);
        UNLOCK(me)
    }
    if
    :: again -> goto look
    :: else
    fi;
    if /* stop_spinning */
    :: spinning -> atomic { sb[me].n == 0; spinning = false; nspinning-- }
    :: else
    fi;
#ifndef NO_LOOK_AGAIN
#ifndef NO_FENCE_STOP
    fence(me);
#endif
    anything_queued(me);
#if SPARE
    load(me, NIDLE, x);
    atomic { ok = ok && x > SPARE; x = 0 }
#endif
    if
    :: !ok -> goto asleep
    :: else
    fi;
    take_idle_p(me, true);
    if
    :: ok -> start_spinning(me); goto look
    :: else
    fi;
#endif
asleep:
    ok = false; again = false;
end:
    atomic {
        if
        :: spinning_wakes -> spinning_wakes--; spinning = true
        :: wakes -> wakes--; spinning = false
        fi;
        goto look
    }
found:
    if
    :: spinning ->
        atomic { sb[me].n == 0; spinning = false; nspinning--; z = nspinning }
#ifndef NO_HEIR
        if
        :: !z -> look_and_wake(me)
        :: else
        fi;
#endif
        z = 0
    :: else
    fi;
    if
    :: goto look
    :: skip /* it computes for ever */
    fi
}

/* On the first P. */
proctype hog(byte me)
{
    byte x;
    bool ok;
    store(me, TAIL, 1);
    look_and_wake(me);
    store(me, TAIL, 2);
    look_and_wake(me)
}

/* wf_global_add of a plain thread */
proctype thread(byte me)
{
    byte x;
    bool ok;
    atomic { LOCKED(me); store(me, GLOBAL_N, mem[GLOBAL_N] + 1); UNLOCK(me) }
    look_and_wake(me)
}

/* wf_p_handoff of a P whose own ring is empty */
proctype monitor(byte me)
{
    byte x, y, z;
    bool ok;
    atomic { LOCKED(me); store(me, NIDLE, mem[NIDLE] + 1); UNLOCK(me) }
    fence(me);
#ifdef OWN_ONLY
    load(me, GLOBAL_N, x);
    ok = x > 0;
#else
    anything_queued(me);
#endif
    if
    :: ok -> atomic { sb[me].n == 0; ok = !nspinning; nspinning = nspinning + ok }
        if
        :: ok -> start_m(me)
        :: else
        fi
    :: else
    fi
}

/* wf_p_leave of the first P, which is nobody's; thieves look into its ring meanwhile. */
proctype leave(byte me)
{
    byte x, y;
    bool ok;
    do
    :: load(me, HEAD, x);
        atomic { load(me, TAIL, y); ok = x == y; y = 0 }
        if
        :: ok -> x = 0; ok = false; break
        :: else ->
            atomic { cas(me, HEAD, x, x + 1, ok); x = 0 }
            if
            :: ok ->
                atomic { LOCKED(me); store(me, GLOBAL_N, mem[GLOBAL_N] + 1); UNLOCK(me) }
            :: else
            fi
        fi
    od;
#ifndef NO_LEAVE_LOOK
    fence(me);
    anything_queued(me);
    load(me, NIDLE, x);
    atomic { ok = ok && x > SPARE; x = 0 }
    if
    :: ok -> atomic { sb[me].n == 0; ok = !nspinning; nspinning = nspinning + ok }
        if
        :: ok -> start_m(me)
        :: else
        fi
    :: else
    fi
#endif
}

init {
    atomic {
        run drain(0);
        run drain(1);
        run drain(2);
        run drain(3);
#ifdef RING
        run hog(0);
        mem[NIDLE] = 1;
        run m(1, true);
        run m(2, false)
#endif
#ifdef HANDOFF
        run hog(0);
        run m(1, true);
        run monitor(3)
#endif
#ifdef GLOBAL
        mem[NIDLE] = 1;
        run m(1, true);
        run m(2, false);
        run thread(0);
        run thread(3)
#endif
#ifdef LEAVE
        mem[NIDLE] = 1;
        mem[TAIL] = 2;
        run m(1, true);
        run m(2, false);
        run leave(3)
#endif
    }
    timeout;
    assert(!(mem[NIDLE] > SPARE && (mem[GLOBAL_N] || mem[HEAD] != mem[TAIL])))
}
