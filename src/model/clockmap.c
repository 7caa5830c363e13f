/* SPDX-License-Identifier: MIT */
/* clockmap.c - clock units to ns, in integers: everybody computes the same time. */
#include "model/reader_int.h"

enum { FRACTION = 48 };
/* No time is beyond this, 36 years: sums of times stay within 64 bits. */
#define TIME_MAX (INT64_C(1) << 60)

static int64_t clamp(__int128 ns)
{
    return ns > TIME_MAX ? TIME_MAX : ns < -TIME_MAX ? -TIME_MAX : (int64_t)ns;
}

static uint64_t rate_of(unsigned __int128 ns, uint64_t units)
{
    unsigned __int128 rate = (ns << FRACTION) / units;

    return rate > UINT64_MAX ? UINT64_MAX : (uint64_t)rate;
}

bool wf_clockmap_line(struct wf_clockmap *map, const struct wf_clock_snap *begin,
                      const struct wf_clock_snap *end, int64_t start_mono)
{
    if (end->tick <= begin->tick || end->mono <= begin->mono)
        return false;
    map->tick = begin->tick;
    map->ns = clamp((__int128)begin->mono - start_mono);
    map->rate = rate_of((unsigned __int128)((__int128)end->mono - begin->mono),
                        end->tick - begin->tick);
    return true;
}

void wf_clockmap_point(struct wf_clockmap *map, const struct wf_clock_snap *at,
                       uint64_t units_per_s, int64_t start_mono)
{
    map->tick = at->tick;
    map->ns = clamp((__int128)at->mono - start_mono);
    if (units_per_s)
        map->rate = rate_of(1000000000, units_per_s);
}

int64_t wf_clockmap_ns(const struct wf_clockmap *map, uint64_t tick)
{
    if (tick >= map->tick) {
        unsigned __int128 ns = ((unsigned __int128)(tick - map->tick) * map->rate) >>
                               FRACTION;
        return clamp(map->ns + (ns > TIME_MAX ? 2 * (__int128)TIME_MAX : (__int128)ns));
    }
    unsigned __int128 ns = ((unsigned __int128)(map->tick - tick) * map->rate) >>
                           FRACTION;
    return clamp(map->ns - (ns > TIME_MAX ? 2 * (__int128)TIME_MAX : (__int128)ns));
}

uint64_t wf_clockmap_units(const struct wf_clockmap *map, uint64_t ns)
{
    unsigned __int128 units = ((unsigned __int128)ns << FRACTION);

    units /= map->rate ? map->rate : 1;
    return units > UINT64_MAX ? UINT64_MAX : (uint64_t)units;
}
