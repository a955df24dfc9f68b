// Command keyringget reads one item of the OS keyring and then becomes the
// given program, if any. It shows the least time of a tool that asks the
// keyring.
//
//	keyringget SERVICE NAME [PROGRAM]
package main

import (
	"fmt"
	"os"
	"syscall"

	"github.com/zalando/go-keyring"
)

func main() {
	secret, err := keyring.Get(os.Args[1], os.Args[2])
	if err == nil && secret == "" {
		err = keyring.ErrNotFound
	}
	if err == nil && len(os.Args) > 3 {
		err = syscall.Exec(os.Args[3], os.Args[3:], os.Environ())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "keyringget:", err)
		os.Exit(1)
	}
}
