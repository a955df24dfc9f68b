// Command initorder changes the order in which a linked Go program for Linux initialises its packages: those that the named packages
// need come first, then these, then all others.
//
//	initorder PROGRAM PACKAGE…
//
// The linker sorts packages by import path as far as their imports allow (Go specification, "Package initialization"), and the runtime
// goes through the list that it leaves in the program. awsexec can answer a call while it is being initialised (see package warm), and all
// that comes before costs more than the answer. Moved packages keep their order among each other, and so do all others, and everything
// still comes after what it imports, so that the specification holds but for the sorting.
//
// A program for another system is left as it is: warm calls are answered early on Linux only. So is one whose order is right already, and a
// position-independent one, which says nothing of addresses before it runs.
package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: initorder PROGRAM PACKAGE…")
		os.Exit(2)
	}
	if err := reorder(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "initorder: %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

// reorder puts what packages need, and then them, first in the program at path. A failure leaves the program as it was.
func reorder(path string, packages []string) error {
	p, err := open(path)
	switch {
	case errors.Is(err, errOtherSystem):
		return nil
	case errors.Is(err, errMovable):
		fmt.Fprintf(os.Stderr, "initorder: %s is left as it is: %v\n", path, err)
		return nil
	}
	if err != nil {
		return err
	}
	list, err := p.initList()
	if err != nil {
		return err
	}
	var order []uint64
	taken := map[uint64]bool{}
	for _, name := range packages {
		needed, last, err := dependencies(name, p.architecture)
		if err != nil {
			return err
		}
		if !list.has(last) {
			return fmt.Errorf("it does not initialise %s", last)
		}
		for _, task := range list.tasks {
			if needed[list.packages[task]] && !taken[task] {
				taken[task] = true
				order = append(order, task)
			}
		}
	}
	for _, task := range list.tasks {
		if !taken[task] {
			order = append(order, task)
		}
	}
	return p.write(list, order)
}

// dependencies returns the import paths of all packages that the named one needs, with its own, which is last.
func dependencies(name, architecture string) (needed map[string]bool, last string, err error) {
	cmd := exec.Command("go", "list", "-buildvcs=false", "-deps", name)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+architecture, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, "", fmt.Errorf("go list: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	needed = map[string]bool{}
	for line := range strings.Lines(string(out)) {
		last = strings.TrimSpace(line)
		needed[last] = true
	}
	return needed, last, nil
}

// architectures are those of awsexec's releases, as Go calls them.
var architectures = map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}
