/* SPDX-License-Identifier: MIT */
/*
 * tso.h - memory as each processor sees it: stores wait in the processor's own buffer,
 * first in first out, and reach the others when they like; loads look there first.
 * A model sets CPUS, WORDS and DEPTH (of a buffer), includes this, and runs drain(cpu) for
 * each processor.  A compare-and-swap, a fence and another's membarrier wait until the
 * buffer is empty: as drain may empty it at any time, that is to empty it there.
 */
typedef buffer {
    byte n;
    byte at[DEPTH];
    byte value[DEPTH]
};
buffer sb[CPUS];
byte mem[WORDS];

inline store(cpu, where, what)
{
    atomic {
        sb[cpu].n < DEPTH;
        sb[cpu].at[sb[cpu].n] = where;
        sb[cpu].value[sb[cpu].n] = what;
        sb[cpu].n++
    }
}

/* The youngest store of our own to it, else memory. */
inline load(cpu, where, into)
{
    d_step {
        into = mem[where];
        seen = 0;
        do
        :: seen < sb[cpu].n ->
            if
            :: sb[cpu].at[seen] == where -> into = sb[cpu].value[seen]
            :: else
            fi;
            seen++
        :: else -> break
        od;
        seen = 0
    }
}
hidden byte seen;

inline fence(cpu)
{
    sb[cpu].n == 0
}

/* ok tells whether it was from, and is to now. */
inline cas(cpu, where, from, to, ok)
{
    atomic {
        sb[cpu].n == 0;
        ok = (mem[where] == from);
        if
        :: ok -> mem[where] = to
        :: else
        fi
    }
}

proctype drain(byte cpu)
{
    byte i;
end:
    do
    :: d_step {
        sb[cpu].n > 0 ->
        mem[sb[cpu].at[0]] = sb[cpu].value[0];
        i = 1;
        do
        :: i < sb[cpu].n ->
            sb[cpu].at[i - 1] = sb[cpu].at[i];
            sb[cpu].value[i - 1] = sb[cpu].value[i];
            i++
        :: else -> break
        od;
        sb[cpu].n--;
        sb[cpu].at[sb[cpu].n] = 0;
        sb[cpu].value[sb[cpu].n] = 0;
        i = 0
       }
    od
}
