// SPDX-License-Identifier: MIT
//
// main.go - the rows of weft bench, done by Go: gobench ROW PROCS.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"time"
)

var (
	row   string
	procs int
)

var rows = map[string]func(){
	"yield":                func() { yields(2, 2_000_000) },
	"yield1k":              func() { yields(1000, 2_000_000) },
	"chan_pingpong":        func() { pingpong(500_000, false) },
	"chan_pingpong_locked": func() { pingpong(30_000, true) },
	"chan_nb":              neverBlocks,
	"chan_buf100":          func() { stream(2_000_000, 1, 1) },
	"chan_1p4c":            func() { stream(1_000_000, 1, 4) },
	"chan_4p4c":            func() { stream(1_000_000, 4, 4) },
	"spawn_join":           spawnJoin,
	"spawn_seq":            spawnSeq,
	"mem_parked":           func() { parked(100_000) },
	"mem_parked_1000k":     func() { parked(1_000_000) },
	"mutex":                mutexAlone,
	"mutex_contended":      func() { mutexEight("mutex_8g", 2_000_000, false) },
	"mutex_yield":          func() { mutexEight("mutex_yield_8g", 400_000, true) },
	"select2":              func() { selectOf(2) },
	"select4":              func() { selectOf(4) },
	"select_default":       selectDefault,
	"pool":                 pooled,
	"alloc1k":              alloc,
	"skynet":               skynets,
	"timer_churn":          timerChurn,
	"sleepers":             func() { sleepers(100_000) },
	"sched_lat":            func() { lateness(true) },
	"sched_lat_idle":       func() { lateness(false) },
	"syscall":              syscalls,
	"pipe_poll":            func() { pipes(1, 50_000) },
	"pipe_poll100":         func() { pipes(100, 50_000) },
	"pipe_block":           func() { blockingPipes(1, 20_000) },
	"pipe_block100":        func() { blockingPipes(100, 20_000) },
	"tcp_echo":             func() { tcp(1, 50_000) },
	"tcp_echo100":          func() { tcp(100, 50_000) },
}

func put(name string, value float64, unit string) {
	fmt.Printf("%s_p%d\t%s\t%.4g\t%s\n", name, procs, runtime.Version(), value, unit)
}

// perOp prints what each of n took in f.
func perOp(name string, n int, f func()) {
	begin := time.Now()
	f()
	put(name, float64(time.Since(begin).Nanoseconds())/float64(n), "ns/op")
}

func latencies(name string, ns []int64) {
	sort.Slice(ns, func(a, b int) bool { return ns[a] < ns[b] })
	for _, q := range []struct {
		name  string
		share float64
	}{{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}} {
		i := int(q.share * float64(len(ns)))
		if i >= len(ns) {
			i = len(ns) - 1
		}
		put(name+"_"+q.name, float64(ns[i])/1e3, "us")
	}
}

func resident() float64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		panic(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if w := strings.Fields(s.Text()); len(w) > 1 && w[0] == "VmRSS:" {
			kb, _ := strconv.ParseFloat(w[1], 64)
			return kb * 1024
		}
	}
	return 0
}

func main() {
	if len(os.Args) == 3 {
		row = os.Args[1]
		procs, _ = strconv.Atoi(os.Args[2])
	}
	run := rows[row]
	if run == nil || procs < 1 {
		fmt.Fprintln(os.Stderr, "usage: gobench ROW PROCS")
		os.Exit(2)
	}
	runtime.GOMAXPROCS(procs)
	run()
}
