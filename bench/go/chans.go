// SPDX-License-Identifier: MIT
//
// chans.go - channels and select.
package main

import (
	"runtime"
	"sync"
)

func pingpong(n int, locked bool) {
	there, back := make(chan int), make(chan int)
	go func() {
		if locked {
			runtime.LockOSThread()
		}
		for v := range there {
			back <- v
		}
		close(back)
	}()
	if locked {
		runtime.LockOSThread()
	}
	perOp(row, n, func() {
		for i := 0; i < n; i++ {
			there <- i
			<-back
		}
		close(there)
		<-back
	})
}

func neverBlocks() {
	const n = 1_000_000
	c := make(chan int, 100)
	perOp(row, n, func() {
		for i := 0; i < n; i++ {
			c <- i
			<-c
		}
	})
}

func stream(n, producers, consumers int) {
	c := make(chan int, 100)
	var from, to sync.WaitGroup
	perOp(row, n, func() {
		to.Add(consumers)
		for i := 0; i < consumers; i++ {
			go func() {
				sum := 0
				for v := range c {
					sum += v
				}
				sink.Store(sum)
				to.Done()
			}()
		}
		from.Add(producers)
		for i := 0; i < producers; i++ {
			go func() {
				for i := 0; i < n/producers; i++ {
					c <- i
				}
				from.Done()
			}()
		}
		from.Wait()
		close(c)
		to.Wait()
	})
}

func selectOf(k int) {
	const n = 500_000
	var c [4]chan int
	for i := range c {
		c[i] = make(chan int)
	}
	sum := 0
	perOp(row, n, func() {
		go func() {
			for i := 0; i < n; i++ {
				c[i%k] <- i
			}
		}()
		for i := 0; i < n; i++ {
			if k == 2 {
				select {
				case v := <-c[0]:
					sum += v
				case v := <-c[1]:
					sum += v
				}
			} else {
				select {
				case v := <-c[0]:
					sum += v
				case v := <-c[1]:
					sum += v
				case v := <-c[2]:
					sum += v
				case v := <-c[3]:
					sum += v
				}
			}
		}
	})
	sink.Store(sum)
}

func selectDefault() {
	const n = 10_000_000
	a, b := make(chan int), make(chan int)
	perOp(row, n, func() {
		for i := 0; i < n; i++ {
			select {
			case <-a:
			case <-b:
			default:
			}
		}
	})
}
