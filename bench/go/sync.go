// SPDX-License-Identifier: MIT
//
// sync.go - mutexes, pools and what they stand beside.
package main

import (
	"runtime"
	"sync"
)

func mutexAlone() {
	const n = 1_000_000
	var mu sync.Mutex
	perOp("mutex_1g", n, func() {
		for i := 0; i < n; i++ {
			mu.Lock()
			mu.Unlock()
		}
	})
}

func mutexEight(name string, n int, yield bool) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	x := 0
	perOp(name, n, func() {
		wg.Add(8)
		for i := 0; i < 8; i++ {
			go func() {
				for i := 0; i < n/8; i++ {
					mu.Lock()
					if yield {
						runtime.Gosched()
					}
					x++
					mu.Unlock()
				}
				wg.Done()
			}()
		}
		wg.Wait()
	})
	if x != n {
		panic(x)
	}
}

func pooled() {
	const n = 10_000_000
	pool := sync.Pool{New: func() any { return new([1024]byte) }}
	var wg sync.WaitGroup
	perOp(row, n, func() {
		wg.Add(procs)
		for p := 0; p < procs; p++ {
			go func() {
				for i := 0; i < n/procs; i++ {
					o := pool.Get().(*[1024]byte)
					o[0]++
					pool.Put(o)
				}
				wg.Done()
			}()
		}
		wg.Wait()
	})
}

var keep *[1024]byte

func alloc() {
	const n = 1_000_000
	perOp(row, n, func() {
		for i := 0; i < n; i++ {
			keep = new([1024]byte)
		}
	})
}
