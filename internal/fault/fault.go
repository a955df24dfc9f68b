// Package fault lets a command decide how a panic, in any of our goroutines,
// ends the process. Go's default is exit code 2, which stands for wrong usage,
// and a text that may hold the panic's value and so a secret.
package fault

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
)

// Fault describes a panic. It holds the type of the panic's value, never the
// value itself, which could be a secret.
type Fault struct {
	Type      string   // the type of the value
	Functions []string // innermost first, with file name and line
}

func (f *Fault) Error() string {
	return fmt.Sprintf("internal fault: %s in %s", f.Type, strings.Join(f.Functions, " < "))
}

var handler atomic.Pointer[func(*Fault)]

// Handle sets the function that Catch calls for every panic from now on. The
// function must end the process. Without it, Go handles panics.
func Handle(handle func(*Fault)) { handler.Store(&handle) }

// Go runs f in a new goroutine, under Catch.
func Go(f func()) {
	go func() {
		defer Catch()
		f()
	}()
}

// Catch hands a panic to the function set with Handle. The first function of a
// goroutine must defer it.
func Catch() {
	handle := handler.Load()
	if handle == nil {
		return
	}
	if value := recover(); value != nil {
		(*handle)(newFault(value))
	}
}

// maxFunctions is the largest number of functions in a Fault.
const maxFunctions = 12

func newFault(value any) *Fault {
	f := &Fault{Type: fmt.Sprintf("%T", value)}
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	panicked := false // the frames before that belong to the recovery
	for more := true; more && len(f.Functions) < maxFunctions; {
		var frame runtime.Frame
		frame, more = frames.Next()
		name := frame.Function[strings.LastIndexByte(frame.Function, '/')+1:]
		switch {
		case strings.HasPrefix(name, "runtime."):
			panicked = panicked || name == "runtime.gopanic"
		case panicked:
			file := frame.File[strings.LastIndexByte(frame.File, '/')+1:]
			f.Functions = append(f.Functions, fmt.Sprintf("%s (%s:%d)", name, file, frame.Line))
		}
	}
	return f
}
