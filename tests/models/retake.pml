/* SPDX-License-Identifier: MIT */
/*
 * retake.pml - who holds a P: an M that enters and leaves the runtime, the monitor, and
 * another M, which takes the first's while that is in a blocking section.
 * Two Ps, so that the M that was robbed may have another one by the time the monitor goes
 * on.  A P's data are two words that its holder writes with plain stores: who comes to
 * hold it must find them equal, and nobody else may write between.
 *
 * code: src/runtime/runtime.h wf_enter 3348787872
 * code: src/runtime/runtime.h wf_enter_emit 1916026483
 * code: src/runtime/runtime.h wf_leave 2587674690
 * code: src/runtime/preempt.c wf_barrier 3563715124
 * code: src/runtime/preempt.c change 99757899
 * code: src/runtime/preempt.c vanish 3741518179
 * code: src/runtime/preempt.c come_back 2579314863
 * code: src/runtime/preempt.c settle 2581288035
 * code: src/runtime/preempt.c wf_retake_ask 3639554008
 * code: src/runtime/preempt.c wf_retake 229617951
 * code: src/runtime/preempt.c wf_retake_for_ever 7445965
 * code: src/runtime/p.c wf_p_acquire 1111262827
 * code: src/runtime/p.c wf_p_release 2756224229
 * code: src/runtime/preempt.c wf_retake_section 3431419499
 * code: src/runtime/preempt.c find_p 3761960203
 * code: src/runtime/sched.h wf_retake_section_back 963585197
 * code: src/runtime/block.c weft_block_end 2803742704
 * code: src/runtime/block.c weft_block_begin 4217170046
 *
 * sound:
 * sound: FENCE_MODE
 * broken: NO_BARRIER          the monitor fences itself only
 * broken: FENCE_MODE NO_FENCE  no membarrier, and none in wf_enter either
 * broken: PLAIN_TAKE          REQ becomes TAKEN by a store, whatever the M did
 * broken: LOOK_LATE           the monitor asks which P it took after it took it
 * broken: CLEAR               the monitor clears the M's p after it took it
 * broken: PLAIN_BACK          from a section an M comes back by a look and a store
 * broken: NO_NAME             a section does not say which P the M has in it
 * broken: FREE_EARLY          the end does not wait for calls that only write the trace
 */
#define CPUS 3
#define DEPTH 3
#define WORDS 9
#include "tso.inc"

#define M 0
#define MONITOR 1
#define OTHER 2

/* words */
#define INRT 0
#define PST 1
#define MP 2          /* the M's p; 0 for none */
#define GONE_WORD 3
#define A(p) (3 + (p)) /* a P's data: 4, 5 and 6, 7 */
#define B(p) (5 + (p))
#define FORGOTTEN 8

/* pst */
#define ATT 0
#define REQ 1
#define TAKEN 2
#define NONE 3
#define GONE 4
#ifdef NO_NAME
#define SECTION(p) 5
#else
#define SECTION(p) (4 + (p)) /* 5, 6: its P is in it */
#endif

bool idle[3];  /* the list of idle Ps, under its lock */
byte held[3];  /* ghost: how many work with it at this moment */
bool ended;    /* the runtime is about to */
bool busy;     /* the other M has a P */
bool freed;    /* the runtime's memory is given back */

/* The holder's business with p: plain data, all in one piece. */
inline use(cpu, p)
{
    d_step { held[p]++; assert(held[p] == 1 && !freed) }
    load(cpu, A(p), v);
    load(cpu, B(p), w);
    assert(v == w);
    store(cpu, A(p), cpu + 1);
    store(cpu, B(p), cpu + 1);
    d_step { held[p]--; v = 0; w = 0 }
}

/* The lock's release comes after all stores before it. */
inline put_idle(cpu, p)
{
    atomic { sb[cpu].n == 0; assert(!idle[p]); idle[p] = true; p = 0 }
}

inline take_idle(cpu, p)
{
    atomic {
        sb[cpu].n == 0;
        if
        :: idle[1] -> p = 1
        :: idle[2] -> p = 2
        fi;
        idle[p] = false
    }
}

/* An M waits for a P, in the runtime, and takes it. */
inline acquire()
{
    take_idle(M, p);
    store(M, MP, p);
    store(M, PST, ATT)
}

/* wf_p_release: an exchange, and only then the P is anybody's. */
inline release()
{
    atomic { sb[M].n == 0; mem[PST] = NONE }
    store(M, MP, 0);
    put_idle(M, p)
}

/* weft_block_begin that hands its P off: a plain store, before the P is given away. */
inline hand_off()
{
    store(M, PST, TAKEN);
    store(M, MP, 0);
    put_idle(M, p)
}

/* wf_retake_section_back */
inline back()
{
    load(M, MP, p);
#ifdef PLAIN_BACK
    load(M, PST, s);
    ok = (s == SECTION(p));
    if
    :: ok -> store(M, PST, ATT)
    :: else
    fi
#else
    cas(M, PST, SECTION(p), ATT, ok)
#endif
}

/* settle: what wf_enter found in pst was not ATT. */
inline settle()
{
    do
    :: load(M, PST, s);
        if
        :: s == ATT -> break
        :: s == REQ -> cas(M, PST, REQ, ATT, ok);
            if
            :: ok -> break
            :: else
            fi
        :: s == TAKEN -> cas(M, PST, TAKEN, NONE, ok);
            if
            :: ok -> store(M, MP, 0); acquire(); break
            :: else
            fi
        :: s == SECTION(1) || s == SECTION(2) -> back();
            if
            :: ok -> break
            :: else
            fi
        :: s == GONE -> goto vanish
        fi
    od
}

proctype m()
{
    byte s, p, v, w;
    bool ok;
    do
    :: store(M, INRT, 1); /* wf_enter */
#if defined FENCE_MODE && !defined NO_FENCE
        fence(M);
#endif
        load(M, PST, s);
        if
        :: s != ATT -> settle()
        :: else
        fi;
        load(M, MP, p);
        assert(p);
        use(M, p);
        if
        :: skip
        :: release(); acquire(); use(M, p)
        :: hand_off()
        :: store(M, PST, SECTION(p)); /* weft_block_begin, weft_block_end */
            store(M, INRT, 0);
            store(M, INRT, 1);
            back();
            if
            :: ok -> use(M, p)
            :: else ->
#if defined FENCE_MODE && !defined NO_FENCE
                fence(M);
#endif
                load(M, PST, s);
                if
                :: s != ATT -> settle()
                :: else
                fi;
                load(M, MP, p);
                assert(p);
                use(M, p)
            fi
        fi;
        d_step { p = 0; s = 0; ok = false }
        store(M, INRT, 0) /* wf_leave */
    :: store(M, INRT, 1); /* wf_enter_emit: the M's own memory, no P */
#if defined FENCE_MODE && !defined NO_FENCE
        fence(M);
#endif
        load(M, GONE_WORD, s);
        if
        :: s -> store(M, INRT, 0); goto vanish
        :: else -> assert(!freed)
        fi;
        assert(!freed);
        s = 0;
        store(M, INRT, 0)
    od;
vanish:
    store(M, INRT, 0);
    do
    :: load(M, FORGOTTEN, s);
        if
        :: s -> break
        :: else
        fi
    od
}

/* The monitor's barrier on the M. */
inline barrier()
{
    fence(MONITOR);
#if !defined FENCE_MODE && !defined NO_BARRIER
    sb[M].n == 0
#endif
}

proctype monitor()
{
    byte s, p, v, w;
    bool ok;
retake:
    do
    :: d_step { p = 0; s = 0; v = 0; ok = false }
        if
        :: p = 1
        :: p = 2
        :: goto finish
        fi;
        cas(MONITOR, PST, ATT, REQ, ok); /* wf_retake_ask */
        load(MONITOR, PST, s);
        if
        :: !ok && s != REQ -> goto retake
        :: else
        fi;
        barrier();
        load(MONITOR, INRT, s); /* wf_retake */
        if
        :: s -> goto retake
        :: else
        fi;
#ifndef LOOK_LATE
        load(MONITOR, MP, s);
        if
        :: s != p -> goto retake
        :: else
        fi;
#endif
#ifdef PLAIN_TAKE
        store(MONITOR, PST, TAKEN);
#else
        cas(MONITOR, PST, REQ, TAKEN, ok);
        if
        :: !ok -> goto retake
        :: else
        fi;
#endif
#ifdef LOOK_LATE
        load(MONITOR, MP, p);
        if
        :: p == 0 -> goto retake
        :: else
        fi;
#endif
#ifdef CLEAR
        store(MONITOR, MP, 0);
#endif
        use(MONITOR, p);
        put_idle(MONITOR, p)
    od;
finish: /* wf_retake_for_ever, until it is true; others see that it ends, under the lock */
    ended = true;
    do
    :: d_step { p = 0; s = 0; ok = false }
        cas(MONITOR, PST, ATT, REQ, ok);
        barrier();
        load(MONITOR, INRT, s);
        if
        :: s
        :: else ->
            cas(MONITOR, PST, REQ, GONE, ok);
            if
            :: ok -> break
            :: else -> cas(MONITOR, PST, TAKEN, GONE, ok);
                if
                :: ok -> break
                :: else -> load(MONITOR, PST, s);
                    if
                    :: s == SECTION(1) || s == SECTION(2) ->
                        cas(MONITOR, PST, s, GONE, ok);
                        if
                        :: ok -> break
                        :: else
                        fi
                    :: else
                    fi
                fi
            fi
        fi
    od;
    store(MONITOR, GONE_WORD, 1);
#ifndef FREE_EARLY
    barrier();
    do
    :: load(MONITOR, INRT, s);
        if
        :: !s -> break
        :: else
        fi
    od;
#endif
    !busy; /* it has been parted with, too */
    freed = true;
    store(MONITOR, FORGOTTEN, 1)
}

/* wf_retake_section, by an M without a P (or by the monitor, without asking).  A lock that
 * it drops brings its stores to all: it needs no buffer here. */
proctype other()
{
    byte p;
    bool ok;
    do
    :: d_step { p = 0; ok = false }
        if
        :: p = 1
        :: p = 2
        fi;
end:
        atomic { !ended; cas(OTHER, PST, SECTION(p), TAKEN, ok); busy = ok }
        if
        :: ok ->
            d_step {
                held[p]++;
                assert(held[p] == 1 && !freed && mem[A(p)] == mem[B(p)]);
                mem[A(p)] = OTHER + 1
            }
            d_step { mem[B(p)] = OTHER + 1; held[p]-- }
            put_idle(OTHER, p);
            busy = false
        :: else
        fi
    od
}

init {
    atomic {
        mem[MP] = 1;
        idle[2] = true;
        run drain(M);
        run drain(MONITOR);
        run other();
        run m();
        run monitor()
    }
}
