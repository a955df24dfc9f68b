// Command launch runs a program and prints the most memory that it had, in bytes.
//
// The kernel counts the memory of the process that starts another as that of the new one, until it has become the new program: whoever
// asks must be small. This program is, so it is not part of the one that measures.
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
