// Command launch runs a program and prints its peak memory in bytes.
//
// Until a new process has become its program, the kernel counts its parent's
// memory as its own, so the parent must be small. Launch is; the program that
// measures is not.
//
//	launch PROGRAM [ARG…]
package main

import (
	"fmt"
	"os"
)

func main() {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		fail(err)
	}
	p, err := os.StartProcess(os.Args[1], os.Args[1:], &os.ProcAttr{Files: []*os.File{null, null, os.Stderr}})
	if err != nil {
		fail(err)
	}
	state, err := p.Wait()
	if err != nil {
		fail(err)
	}
	if !state.Success() {
		fail(fmt.Errorf("%s: %v", os.Args[1], state))
	}
	fmt.Println(maxRSS(state))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "launch:", err)
	os.Exit(1)
}
