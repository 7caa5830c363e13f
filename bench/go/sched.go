// SPDX-License-Identifier: MIT
//
// sched.go - yields, starting and ending, parked goroutines, skynet, being late.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// sink keeps what nobody reads from being left out.
var sink atomic.Value

func yields(goroutines, n int) {
	var wg sync.WaitGroup
	perOp(row, n, func() {
		wg.Add(goroutines)
		for i := 0; i < goroutines; i++ {
			go func() {
				for i := 0; i < n/goroutines; i++ {
					runtime.Gosched()
				}
				wg.Done()
			}()
		}
		wg.Wait()
	})
}

func spawnJoin() {
	const n = 1_000_000
	for _, name := range []string{"spawn_join_cold", "spawn_join_warm"} {
		perOp(name, n, func() {
			var wg sync.WaitGroup
			wg.Add(n)
			for i := 0; i < n; i++ {
				go wg.Done()
			}
			wg.Wait()
		})
	}
}

func spawnSeq() {
	const n = 500_000
	perOp(row, n, func() {
		var wg sync.WaitGroup
		for i := 0; i < n; i++ {
			wg.Add(1)
			go wg.Done()
			wg.Wait()
		}
	})
}

func parked(n int) {
	runtime.GC()
	never, before := make(chan int), resident()
	var arrived atomic.Int64
	begin := time.Now()
	for i := 0; i < n; i++ {
		go func() {
			arrived.Add(1)
			<-never
		}()
	}
	for arrived.Load() < int64(n) {
		runtime.Gosched()
	}
	took := time.Since(begin)
	time.Sleep(200 * time.Millisecond)
	put(fmt.Sprintf("mem_parked_%dk", n/1000), (resident()-before)/float64(n), "bytes")
	put(fmt.Sprintf("park_%dk", n/1000), float64(took.Nanoseconds())/float64(n), "ns/op")
}

func skynet(to chan int, num, size int) {
	if size == 1 {
		to <- num
		return
	}
	from, sum := make(chan int), 0
	for i := 0; i < 10; i++ {
		go skynet(from, num+i*(size/10), size/10)
	}
	for i := 0; i < 10; i++ {
		sum += <-from
	}
	to <- sum
}

func skynets() {
	for _, name := range []string{"skynet_cold", "skynet_warm"} {
		begin, c := time.Now(), make(chan int)
		go skynet(c, 0, 1_000_000)
		if sum := <-c; sum != 499999500000 {
			panic(sum)
		}
		put(name, float64(time.Since(begin).Nanoseconds())/1e6, "ms")
	}
}

func timerChurn() {
	const n = 1_000_000
	timers := make([]*time.Timer, 100_000)
	for i := range timers {
		timers[i] = time.NewTimer(time.Hour + time.Duration(i)*time.Microsecond)
	}
	perOp(row, n, func() {
		for i := 0; i < n; i++ {
			k := i % len(timers)
			timers[k].Stop()
			timers[k] = time.NewTimer(time.Hour + time.Duration(i)*time.Microsecond)
		}
	})
}

func cpuTime() time.Duration {
	var ru syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &ru)
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

func sleepers(n int) {
	late := make([]int64, n)
	var wg sync.WaitGroup
	wg.Add(n)
	begin := time.Now().Add(time.Duration(n/1000*2) * time.Millisecond)
	cpu := cpuTime()
	for i := 0; i < n; i++ {
		go func(i int) {
			until := begin.Add(time.Second + time.Duration(i%1000)*time.Millisecond)
			time.Sleep(time.Until(until))
			late[i] = int64(time.Since(until))
			wg.Done()
		}(i)
	}
	wg.Wait()
	name := fmt.Sprintf("sleepers_%dk", n/1000)
	put(name+"_cpu", float64(cpuTime()-cpu)/float64(n), "ns/op")
	put(name+"_rss", resident()/float64(n), "bytes")
	latencies(name+"_late", late)
}

var hogSink uint64

func hog() {
	for x := uint64(1); ; hogSink = x {
		x = x*6364136223846793005 + 1442695040888963407
	}
}

func lateness(hogs bool) {
	for i := 0; hogs && i < procs; i++ {
		go hog()
	}
	var late []int64
	until := time.Now().Add(time.Millisecond)
	for i := 0; i < 1000; i++ {
		time.Sleep(time.Until(until))
		late = append(late, int64(time.Since(until)))
		until = time.Now().Truncate(time.Millisecond).Add(2 * time.Millisecond)
	}
	latencies(row, late)
}
