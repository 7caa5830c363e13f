# SPDX-License-Identifier: MIT
"""oracle.py WEFT TRACE... - compute a trace's figures anew and compare them.

An independent reading of `weft dump`: it knows the text and the replay rules as the manual
gives them and shares nothing with the program.  Every figure of `weft summary --json` but
the alerts is computed here and must be equal; every coroutine's times must add up to
its life.  Derived rules that the manual leaves to the reader are spelled out where used.
"""
import json
import subprocess
import sys
from collections import defaultdict

STATES = ("running", "runnable", "waiting", "syscall", "unknown")
FOLLOWS = {"runnable": ("running",), "running": ("runnable", "waiting", "syscall"),
           "waiting": ("runnable",), "syscall": ("running", "runnable")}
KIND_OF = {"chan_send": "chan", "chan_recv": "chan", "select": "chan", "mutex": "lock",
           "rwlock_read": "lock", "rwlock_write": "lock", "cond": "cond",
           "semaphore": "semaphore", "barrier": "barrier", "once": "once",
           "wait_group": "wait_group", "join": "coroutine", "sleep": "timer",
           "net_accept": "fd", "net_connect": "fd", "net_read": "fd", "net_write": "fd",
           "child": "child", "context": "context"}
YIELDS = ("yield", "slice", "retaken")
OWN_IDS = ("coroutine", "timer")  # objects whose id is a coroutine's: gone when it ends


class Hist:
    """Values with weights; percentiles by nearest rank in log-linear buckets."""

    def __init__(self):
        self.buckets = defaultdict(int)
        self.count = self.total = 0
        self.max = None

    def add(self, value, weight=1):
        if weight == 0:
            return
        if value < 256:
            top = value
        else:
            width = 1 << (value.bit_length() - 8)  # 128 buckets to each power of two
            top = value // width * width + width - 1
        self.buckets[top] += weight
        self.count += weight
        self.total += value * weight
        self.max = value if self.max is None else max(self.max, value)

    def merge(self, other):
        for top, weight in other.buckets.items():
            self.buckets[top] += weight
        self.count += other.count
        self.total += other.total
        if other.max is not None:
            self.max = other.max if self.max is None else max(self.max, other.max)

    def quantile(self, thousandths):
        if not self.count:
            return None
        rank = max(1, -(-self.count * thousandths // 1000))
        for top in sorted(self.buckets):
            rank -= self.buckets[top]
            if rank <= 0:
                return min(top, self.max)
        raise AssertionError("ranks do not add up")

    def mean(self):
        return self.total // self.count if self.count else None


class Series:
    """A queue's length, weighted by time.  Unknown before it is first told."""

    def __init__(self):
        self.hist = Hist()
        self.now = None
        self.since = 0
        self.top = 0

    def set(self, t, value):
        if self.now is not None:
            self.hist.add(self.now, t - self.since)
        self.now, self.since = value, t
        self.top = max(self.top, value)

    def figures(self, end):
        if self.now is not None:
            self.set(end, self.now)
        h = self.hist
        return {"mean": h.total / h.count if h.count else 0,
                "p99": h.quantile(990) or 0, "max": self.top}


class Coroutine:
    def __init__(self, begin, state, t):
        self.begin, self.state, self.since = begin, state, t
        self.time = dict.fromkeys(STATES, 0)
        self.reason = self.obj = None
        self.site = ("", "")
        self.m = None
        self.regions = []
        self.ended = None


class Replay:
    def __init__(self):
        self.gs, self.live = {}, set()
        self.m_g, self.m_p = {}, {}
        self.p_state = {}  # p -> (state, since)
        self.p_time = defaultdict(lambda: {"running": 0, "idle": 0, "syscall": 0})
        self.queues = defaultdict(Series)
        self.dispatches = defaultdict(lambda: defaultdict(int))
        self.stolen_from = defaultdict(int)
        self.ps = set()
        self.sites = {}
        self.runnable, self.slices = Hist(), Hist()
        self.waits = defaultdict(Hist)
        self.objects = {}
        self.names = {}
        self.gone = set()
        self.pools = {}
        self.regions = defaultdict(Hist)
        self.threads = {"created": 0, "ended": 0, "max_live": 0, "handoffs": 0, "retakes": 0,
                        "kernel_wait_ns": 0}
        self.threads_live = set()
        self.created = self.ended_count = self.max_live = 0
        self.events = 0
        self.stacks = {}
        self.gaps = []  # (from, to) of what is not in the trace
        self.end = 0

    # --- coroutines -------------------------------------------------------------------------

    def site_row(self, g):
        return self.sites.setdefault(g.site, {
            "count": 0, "time": dict.fromkeys(STATES, 0), "runnable": Hist()})

    def add_g(self, gid, t, state, begin):
        g = self.gs[gid] = Coroutine(begin, state, t)
        g.time["unknown"] += t - begin
        self.live.add(gid)
        self.max_live = max(self.max_live, len(self.live))
        return g

    def object_row(self, kind, oid):
        return self.objects.setdefault((kind, oid), {
            "waits": 0, "hist": Hist(), "waiters": 0, "max_waiters": 0})

    def close(self, gid, g, t):
        """The interval in g's state ends at t: into every figure that counts it."""
        took = t - g.since
        g.time[g.state] += took
        if g.state == "runnable":
            self.runnable.add(took)
            self.site_row(g)["runnable"].add(took)
        elif g.state == "running":
            self.slices.add(took)
        elif g.state == "waiting":
            self.waits[g.reason].add(took)
            if g.obj:
                row = self.object_row(*g.obj)
                row["hist"].add(took)
                row["waiters"] -= 1
                if g.obj in self.gone:
                    self.fold(*g.obj)

    def become(self, gid, t, state, reason=None, oid=0):
        if gid is None:  # after a gap: nobody knows whose event it is
            return Coroutine(t, state, t)
        g = self.gs.get(gid)
        if g is None or g.ended is not None:
            g = self.add_g(gid, t, "unknown", 0)
        if state == g.state != "unknown":  # told again: what came between is not seen
            return g
        if state in FOLLOWS and state not in FOLLOWS.get(g.state, STATES):
            self.forget(gid, g, t)
        self.close(gid, g, t)
        g.state, g.since = state, t
        g.reason = g.obj = None
        if state == "waiting":
            g.reason = reason
            kind = KIND_OF.get(reason)
            if kind and oid:
                g.obj = (kind, oid)
                row = self.object_row(kind, oid)
                row["waits"] += 1
                row["waiters"] += 1
                row["max_waiters"] = max(row["max_waiters"], row["waiters"])
        return g

    def forget(self, gid, g, t):
        """What comes at t does not follow: a gap since swallowed what came between."""
        begin = max(g.since, min((a for a, b in self.gaps if b >= g.since), default=t))
        if begin < t:
            self.close(gid, g, begin)
            g.state, g.since = "unknown", begin
            g.reason = g.obj = None

    def finish_g(self, gid, t):
        g = self.gs[gid]
        self.close(gid, g, t)
        for name, begin in g.regions:
            self.regions[name].add(t - begin)
        g.ended = t
        self.live.discard(gid)
        assert sum(g.time.values()) == t - g.begin, \
            f"g {gid}: states add up to {sum(g.time.values())}, its life is {t - g.begin}"
        row = self.site_row(g)
        row["count"] += 1
        for state in STATES:
            row["time"][state] += g.time[state]

    def fold(self, kind, oid):
        """An object without a name that is gone counts in its kind's row 0."""
        self.gone.add((kind, oid))
        row = self.objects.get((kind, oid))
        if row is None or oid == 0 or self.names.get((kind, oid)) or row["waiters"]:
            return
        del self.objects[kind, oid]
        self.gone.discard((kind, oid))
        gone = self.object_row(kind, 0)
        gone["waits"] += row["waits"]
        gone["hist"].merge(row["hist"])
        gone["max_waiters"] = max(gone["max_waiters"], row["max_waiters"])

    # --- Ps and queues -----------------------------------------------------------------------

    def p_become(self, p, t, state):
        self.ps.add(p)
        before, since = self.p_state.get(p, ("idle", 0))
        self.p_time[p][before] += t - since
        self.p_state[p] = (state, t)

    def queue(self, t, which, length):
        self.queues[which].set(t, length)

    def queue_of(self, word, p):
        return "global" if word == "global" else p

    def moved(self, t, word, p, length):
        which = self.queue_of(word, p)
        if which is not None:
            self.queue(t, which, length)

    def shrink(self, t, which, n):
        if self.queues[which].now is not None:
            self.queue(t, which, max(0, self.queues[which].now - n))

    def only(self, held, m, thing):
        """One thread has it, None: none has."""
        for other in [o for o, it in held.items() if it == thing]:
            held[other] = None
        if m is not None:
            held[m] = thing

    def run(self, t, m, p, gid, word, length):
        self.become(gid, t, "running").m = m
        self.only(self.m_g, m, gid)
        if p is not None:
            self.dispatches[p][word] += 1
            self.p_become(p, t, "running")
        self.moved(t, word, p, length)

    def site_of(self, a, name):
        """(name, where): the name given, else the function; where it was spawned."""
        def parse(frame):
            function, _, where = frame.rpartition(" ")
            return (function, where) if function else (frame.split("+")[0], frame)
        entry = self.stacks.get(a.get("entry", "0"))
        spawn = self.stacks.get(a.get("stack", "0"))
        return (name or (parse(entry[0])[0] if entry else ""),
                parse(spawn[0])[1] if spawn else "")

    # --- events --------------------------------------------------------------------------------

    def event(self, t, m, p, gid, name, a):
        self.events += 1
        if m is not None and m > 0 and name != "m_end":
            self.thread_lives(m)
        self.end = max(self.end, t)
        handler = getattr(self, "on_" + name, None)
        if handler:
            handler(t, m, p, gid, a)

    def on_g_create(self, t, m, p, gid, a):
        g = self.add_g(int(a["g"]), t, "runnable", t)
        g.site = self.site_of(a, json.loads(a["name"]))
        self.created += 1
        self.moved(t, a["to"], p, int(a["len"]))

    def on_g_status(self, t, m, p, gid, a):
        g = self.gs.get(int(a["g"]))
        state = {"idle": "unknown", "dead": "unknown"}.get(a["state"], a["state"])
        new = g is None
        if new:
            g = self.add_g(int(a["g"]), t, "unknown", 0)
            g.site = self.site_of(a, json.loads(a["name"]))
        changed = new or g.state != state
        if g.state != state:
            self.become(int(a["g"]), t, state, a["reason"], int(a["obj"]))
        runs = state in ("running", "syscall")
        self.only(self.m_g, int(a["m"]) if runs else None, int(a["g"]))
        if runs:
            if changed and self.m_p.get(int(a["m"])) is not None:
                self.p_become(self.m_p[int(a["m"])], t, state)

    def on_g_start(self, t, m, p, gid, a):
        self.run(t, m, p, int(a["g"]), a["from"], int(a["len"]))

    def on_g_end(self, t, m, p, gid, a):
        if gid is None:
            self.off_p(t, m, p)
            return
        self.ended_count += 1
        self.finish_g(gid, t)
        for kind in OWN_IDS:
            self.fold(kind, gid)
        self.off_p(t, m, p)

    def off_p(self, t, m, p):
        self.m_g[m] = None
        if p is not None:
            self.p_become(p, t, "idle")

    def on_g_park(self, t, m, p, gid, a):
        self.become(gid, t, "waiting", a["reason"], int(a["obj"]))
        self.off_p(t, m, p)

    def on_g_ready(self, t, m, p, gid, a):
        self.become(int(a["g"]), t, "runnable")
        self.only(self.m_g, None, int(a["g"]))
        self.moved(t, a["to"], p, int(a["len"]))

    def on_g_yield(self, t, m, p, gid, a):
        self.become(gid, t, "runnable")
        self.off_p(t, m, p)
        self.moved(t, a["to"], p, int(a["len"]))

    def on_g_switch(self, t, m, p, gid, a):
        if a["reason"] in YIELDS:
            self.become(gid, t, "runnable")
        else:
            self.become(gid, t, "waiting", a["reason"], int(a["obj"]))
        self.run(t, m, p, int(a["g2"]), a["from"], int(a["len"]))

    def on_block_begin(self, t, m, p, gid, a):
        self.become(gid, t, "syscall")
        if p is not None:
            self.p_become(p, t, "syscall")

    def on_block_end(self, t, m, p, gid, a):
        g = self.gs.get(gid)
        if a["lost_p"] == "0" and g is not None and g.state == "syscall":
            self.become(gid, t, "running")
            if p is not None:
                self.p_become(p, t, "running")

    def on_p_start(self, t, m, p, gid, a):
        taken = int(a["p"])
        self.only(self.m_p, m, taken)
        g = self.gs.get(gid)
        if g is not None and g.state == "syscall":
            self.become(gid, t, "running")
        self.p_become(taken, t, "running" if gid is not None else "idle")

    def on_p_stop(self, t, m, p, gid, a):
        self.m_p[m] = None
        if p is not None:
            self.p_become(p, t, "idle")

    def on_p_retake(self, t, m, p, gid, a):
        self.threads["retakes"] += 1
        self.p_become(int(a["p"]), t, "idle")
        self.only(self.m_p, None, int(a["p"]))
        g = self.m_g.get(int(a["m"]))
        back = self.m_p.get(int(a["m"])) is not None  # with another P, before this was told
        if (a["why"] == "block" and not back and g is not None
                and self.gs[g].state == "running"):
            self.become(g, t, "syscall")

    def on_p_status(self, t, m, p, gid, a):
        self.ps.add(int(a["p"]))
        self.only(self.m_p, int(a["m"]) if a["state"] != "idle" else None, int(a["p"]))
        self.queue(t, int(a["p"]), int(a["len"]))

    def on_runq(self, t, m, p, gid, a):
        self.queue(t, int(a["p"]), int(a["len"]))
        self.queue(t, "global", int(a["global"]))

    def on_steal(self, t, m, p, gid, a):
        self.stolen_from[int(a["victim"])] += int(a["n"])
        self.shrink(t, int(a["victim"]), int(a["n"]))

    def on_overflow(self, t, m, p, gid, a):
        if p is not None:
            self.shrink(t, p, int(a["n"]))
        if self.queues["global"].now is not None:
            self.queue(t, "global", self.queues["global"].now + int(a["n"]))

    def on_m_start(self, t, m, p, gid, a):
        self.threads["created"] += 1

    def thread_lives(self, m):
        self.threads_live.add(m)
        self.threads["max_live"] = max(self.threads["max_live"], len(self.threads_live))

    def on_m_status(self, t, m, p, gid, a):
        self.thread_lives(int(a["m"]))

    def on_m_end(self, t, m, p, gid, a):
        self.m_g[m] = self.m_p[m] = None
        self.threads["ended"] += 1
        self.threads_live.discard(m)

    def on_handoff(self, t, m, p, gid, a):
        if self.m_p.get(m) == int(a["p"]):
            self.m_p[m] = None
        self.threads["handoffs"] += 1

    def on_m_cpu(self, t, m, p, gid, a):
        self.threads["kernel_wait_ns"] += int(a["wait"])

    def on_obj_new(self, t, m, p, gid, a):
        kind, oid, name = a["kind"], int(a["id"]), json.loads(a["name"])
        if name or (kind, oid) not in self.names:
            self.names[kind, oid] = name
        if kind == "pool":
            row = self.pools.setdefault(oid, [name, 0, 0, 0, 0])
            row[0] = name or row[0]

    def on_obj_free(self, t, m, p, gid, a):
        for kind, oid in [k for k in self.objects if k[1] == int(a["id"])]:
            if kind not in OWN_IDS:
                self.fold(kind, oid)

    def on_pool(self, t, m, p, gid, a):
        row = self.pools.setdefault(int(a["id"]), ["", 0, 0, 0, 0])
        for i, key in enumerate(("hits", "misses", "puts", "dropped"), 1):
            row[i] += int(a[key])

    def on_region_begin(self, t, m, p, gid, a):
        if gid is not None:
            self.gs[gid].regions.append((json.loads(a["name"]), t))

    def on_region_end(self, t, m, p, gid, a):
        name = json.loads(a["name"])
        open_ = self.gs[gid].regions if gid is not None else []
        for i in range(len(open_) - 1, -1, -1):
            if open_[i][0] == name:
                self.regions[name].add(t - open_.pop(i)[1])
                break

    def gap(self, t, m, begin):
        """What this M ran is unknown from here on."""
        self.gaps.append((begin, t))
        g = self.gs.get(self.m_g.get(m))
        if g is not None and g.ended is None and g.state != "unknown":
            self.become(self.m_g[m], max(begin, g.since), "unknown")
        self.m_g[m] = self.m_p[m] = None

    # --- the whole -----------------------------------------------------------------------------

    def finish(self, end):
        for gid in sorted(self.live):
            self.finish_g(gid, end)
        for p in self.ps:
            self.p_become(p, end, "idle")
        self.end = end


def read_dump(lines):
    replay = Replay()
    header, lost = {}, 0
    for line in lines:
        line = line.rstrip("\n")
        if line.startswith("# weft.dump/1"):
            header = dict(word.split("=", 1) for word in line.split()[2:])
        elif line.startswith("# stack "):
            _, _, sid, frames = line.split(" ", 3)
            replay.stacks[sid] = json.loads(frames)
        elif line.startswith("# gap "):
            a = dict(word.split("=", 1) for word in line.split()[2:])
            m = None if a["m"] == "-" else int(a["m"])
            replay.gap(int(a["to_ns"]), m, int(a["from_ns"]))
            lost += int(a["events"])
        elif line and not line.startswith("#"):
            t, m, p, g, name, *rest = line.split("\t")
            number = lambda s: None if s == "-" else int(s)
            a = dict(word.split("=", 1) for word in rest)
            replay.event(int(t), number(m), number(p), number(g), name, a)
    live = len(replay.live)
    replay.finish(int(header["duration_ns"]))
    header["lost"] = lost
    return header, replay, live


def quantiles(h):
    return {"count": h.count, "mean_ns": h.mean(), "p50_ns": h.quantile(500),
            "p90_ns": h.quantile(900), "p99_ns": h.quantile(990),
            "p999_ns": h.quantile(999), "max_ns": h.max}


def figures(header, r, live):
    time = {s + "_ns": sum(row["time"][s] for row in r.sites.values()) for s in STATES}
    return {
        "trace": {"start_unix_ns": int(header["start_unix_ns"]),
                  "duration_ns": int(header["duration_ns"]),
                  "complete": header["complete"] == "1", "events": r.events,
                  "lost_events": header["lost"]},
        "coroutines": {"created": r.created, "ended": r.ended_count, "live_at_end": live,
                       "max_live": r.max_live, "time": time,
                       "by_site": sorted(({
                           "name": name, "site": site, "count": row["count"],
                           **{s + "_ns": row["time"][s] for s in STATES if s != "unknown"},
                           "runnable_p50_ns": row["runnable"].quantile(500),
                           "runnable_p99_ns": row["runnable"].quantile(990),
                           "runnable_max_ns": row["runnable"].max}
                           for (name, site), row in r.sites.items()),
                           key=lambda x: (x["name"], x["site"]))},
        "procs": [{"p": p, **{k + "_ns": v for k, v in r.p_time[p].items()},
                   "dispatches": sum(r.dispatches[p].values()),
                   "from": {w: r.dispatches[p][w]
                            for w in ("runnext", "local", "global", "stolen", "netpoll")},
                   "stolen_from": r.stolen_from[p], "queue": r.queues[p].figures(r.end)}
                  for p in sorted(r.ps)],
        "threads": r.threads,
        "global_queue": r.queues["global"].figures(r.end),
        "latency": {"runnable": quantiles(r.runnable), "run_slice": quantiles(r.slices)},
        "waits": sorted(({"reason": reason, "count": h.count, "total_ns": h.total,
                          "p50_ns": h.quantile(500), "p99_ns": h.quantile(990),
                          "max_ns": h.max} for reason, h in r.waits.items()),
                        key=lambda x: x["reason"]),
        "objects": sorted(({"kind": kind, "id": oid, "name": r.names.get((kind, oid)) or "",
                            "waits": row["waits"], "total_ns": row["hist"].total,
                            "max_waiters": row["max_waiters"],
                            "p99_ns": row["hist"].quantile(990)}
                           for (kind, oid), row in r.objects.items()),
                          key=lambda x: (x["kind"], x["id"])),
        "pools": sorted(({"name": row[0], "gets": row[1] + row[2], "hits": row[1],
                          "misses": row[2], "puts": row[3], "dropped": row[4],
                          "hit_rate": row[1] / (row[1] + row[2]) if row[1] + row[2] else None}
                         for row in r.pools.values()), key=lambda x: x["name"]),
        "regions": sorted(({"name": name, "count": h.count, "total_ns": h.total,
                            "p50_ns": h.quantile(500), "p99_ns": h.quantile(990),
                            "max_ns": h.max} for name, h in r.regions.items()),
                          key=lambda x: x["name"]),
    }


SORTED_BY = {"by_site": ("name", "site"), "waits": ("reason",), "objects": ("kind", "id"),
             "pools": ("name",), "regions": ("name",), "procs": ("p",)}


def compare(path, want, have, found):
    """Every key we know must be there and equal; keys that we do not know may be."""
    if isinstance(want, dict):
        if not isinstance(have, dict):
            found.append(f"{path}: {have!r} is no object")
            return
        for key, value in want.items():
            if key not in have:
                found.append(f"{path}.{key}: missing")
            else:
                compare(f"{path}.{key}", value, have[key], found)
    elif isinstance(want, list):
        keys = SORTED_BY.get(path.rsplit(".", 1)[-1])
        if keys:
            have = sorted(have, key=lambda x: tuple(x[k] or "" if isinstance(x[k], str) else
                                                    x[k] for k in keys))
        if len(want) != len(have):
            found.append(f"{path}: {len(have)} rows, not {len(want)}")
        for i, (w, h) in enumerate(zip(want, have)):
            compare(f"{path}[{i}]", w, h, found)
    elif isinstance(want, float) or isinstance(have, float):
        if want is None or have is None or abs(want - have) > 1e-6 * max(1.0, abs(want)):
            found.append(f"{path}: {have!r}, the oracle says {want!r}")
    elif want != have and not (want == "" and have is None):
        found.append(f"{path}: {have!r}, the oracle says {want!r}")


def check(weft, trace):
    dump = subprocess.run([weft, "dump", trace], capture_output=True, text=True, check=True)
    told = subprocess.run([weft, "summary", "--json", trace], capture_output=True, text=True,
                          check=True)
    found = []
    compare("", figures(*read_dump(dump.stdout.splitlines())), json.loads(told.stdout), found)
    for line in found[:20]:
        print(f"FAIL: {trace}: {line}")
    if len(found) > 20:
        print(f"FAIL: {trace}: and {len(found) - 20} more")
    return not found


def main():
    weft, *traces = sys.argv[1:]
    bad = [t for t in traces if not check(weft, t)]
    print(f"{len(traces) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad or not traces else 0


if __name__ == "__main__":
    sys.exit(main())
