// Package caller names the programs that run awsexec, for the log and for the
// rules about who may have credentials.
//
// The name of a program is the base name of its file. That of a script is the
// script's, not the interpreter's: aws rather than python3. A shell that was
// started with a command (sh -c), as SDKs start a credential_process, is passed
// over. Any program can give itself another name: what is decided by a name
// helps against mistakes, not against malice.
package caller

import "os"

// Program is a program above this process.
type Program struct {
	Name string // "" if the system does not say
	PID  int

	// Typed says that it is a shell that reads commands from a person or from a
	// pipe.
	Typed bool
}

// maxDepth is how many processes above this one are looked at.
const maxDepth = 32

// Find returns the nearest program above this process that is not a shell with a
// command.
func Find() Program {
	pid := os.Getppid()
	for range maxDepth {
		p, passed := look(pid)
		if !passed {
			return p
		}
		above := parent(pid)
		if above <= 0 {
			return p
		}
		pid = above
	}
	return Program{PID: pid}
}

// Chain returns the programs above this process that belong to one command of a
// person: the nearest first, up to a shell that reads commands, and that shell
// only if there is nothing before it.
func Chain() (chain []Program) {
	pid := os.Getppid()
	for range maxDepth {
		p, passed := look(pid)
		switch {
		case p.Typed && len(chain) > 0:
			return chain
		case !passed:
			chain = append(chain, p)
		}
		above := parent(pid)
		if p.Typed || above <= 1 {
			return chain
		}
		pid = above
	}
	return chain
}

// look returns what is known of a process, and whether it is a shell with a
// command.
func look(pid int) (p Program, passed bool) {
	p.PID = pid
	path := executable(pid)
	name := base(path)
	if !isKnown(name) {
		p.Name = name
		return p, false
	}
	p.Name, p.Typed, passed = nameOf(name, arguments(pid))
	return p, passed
}

// NameOf returns the name of a program that is to be run: the file at path with
// these arguments, of which the first is its own name.
func NameOf(path string, args []string) string {
	name, _, _ := nameOf(base(path), args)
	return name
}
