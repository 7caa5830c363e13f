// SPDX-License-Identifier: MIT
//
// io.go - system calls, pipes and sockets.
package main

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func syscalls() {
	const n = 1_000_000
	perOp("syscall_wrapped", n, func() {
		for i := 0; i < n; i++ {
			syscall.Syscall(syscall.SYS_GETPPID, 0, 0, 0)
		}
	})
	perOp("syscall_raw", n, func() {
		for i := 0; i < n; i++ {
			syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
		}
	})
}

// pair sends a byte there and back n times.
func pair(wg *sync.WaitGroup, n int, there, back io.ReadWriter) {
	wg.Add(2)
	go func() {
		b := make([]byte, 1)
		for i := 0; i < n; i++ {
			there.Read(b)
			back.Write(b)
		}
		wg.Done()
	}()
	go func() {
		b := make([]byte, 1)
		for i := 0; i < n; i++ {
			there.Write(b)
			back.Read(b)
		}
		wg.Done()
	}()
}

type polled struct{ r, w *os.File }

func (p polled) Read(b []byte) (int, error)  { return p.r.Read(b) }
func (p polled) Write(b []byte) (int, error) { return p.w.Write(b) }

func newPolled() polled {
	r, w, err := os.Pipe()
	must(err)
	return polled{r, w}
}

type blocking [2]int

func (p blocking) Read(b []byte) (int, error)  { return syscall.Read(p[0], b) }
func (p blocking) Write(b []byte) (int, error) { return syscall.Write(p[1], b) }

func newBlocking() blocking {
	var p blocking
	must(syscall.Pipe(p[:]))
	return p
}

func pipes(pairs, n int) {
	perOp(row, n, func() {
		var wg sync.WaitGroup
		for i := 0; i < pairs; i++ {
			pair(&wg, n/pairs, newPolled(), newPolled())
		}
		wg.Wait()
	})
}

func blockingPipes(pairs, n int) {
	perOp(row, n, func() {
		var wg sync.WaitGroup
		for i := 0; i < pairs; i++ {
			pair(&wg, n/pairs, newBlocking(), newBlocking())
		}
		wg.Wait()
	})
}

func serve(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			b := make([]byte, 64)
			for {
				n, err := c.Read(b)
				if err != nil {
					return
				}
				c.Write(b[:n])
			}
		}()
	}
}

func tcp(conns, n int) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	go serve(ln)
	var wg sync.WaitGroup
	clients := make([]net.Conn, conns)
	for i := range clients {
		clients[i], err = net.Dial("tcp", ln.Addr().String())
		must(err)
	}
	perOp(row, n, func() {
		wg.Add(conns)
		for _, c := range clients {
			go func(c net.Conn) {
				b := make([]byte, 1)
				for i := 0; i < n/conns; i++ {
					c.Write(b)
					c.Read(b)
				}
				wg.Done()
			}(c)
		}
		wg.Wait()
	})
}
