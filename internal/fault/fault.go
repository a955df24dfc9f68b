// Package fault has a panic, in whatever goroutine of ours, end the process as
// the command wants it. Go's own way is exit code 2, which stands for wrong
// usage, and a text that can have the panic's value in it, which can be
// anything.
package fault

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
)

// Fault is a panic. It has nothing of its value, which could be a secret, but
// the type.
type Fault struct {
	Type      string   // of the value
	Functions []string // innermost first, with file name and line
}

func (f *Fault) Error() string {
	return fmt.Sprintf("internal fault: %s in %s", f.Type, strings.Join(f.Functions, " < "))
}

var handler atomic.Pointer[func(*Fault)]

// Handle has handle called for every panic that Catch meets from now on. It
// must end the process. Without a handler a panic is Go's.
func Handle(handle func(*Fault)) { handler.Store(&handle) }

// Go runs f in a goroutine of its own, under Catch.
func Go(f func()) {
	go func() {
		defer Catch()
		f()
	}()
}

// Catch is deferred by a goroutine's first function. It hands a panic to the
// handler.
func Catch() {
	handle := handler.Load()
	if handle == nil {
		return
	}
	if value := recover(); value != nil {
		(*handle)(newFault(value))
	}
}

// most is how many functions are named.
const most = 12

func newFault(value any) *Fault {
	f := &Fault{Type: fmt.Sprintf("%T", value)}
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	panicked := false // what comes before that is about catching it
	for more := true; more && len(f.Functions) < most; {
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
