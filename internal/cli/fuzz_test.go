package cli

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/session"
)

// FuzzDuration checks that durations are whole seconds above 0, and that what Go writes is read back.
func FuzzDuration(f *testing.F) {
	for _, text := range []string{"", "1h30m", "900", "0", "-1s", "1.5s", "1ms", "9999999999", "2562047h47m16s", "+5", "1e3", " 1h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, read := range []func() (time.Duration, error){
			func() (time.Duration, error) { return parseDuration(text, "--duration") },
			func() (time.Duration, error) { return parseHold(text) },
		} {
			d, err := read()
			var usage usageError
			if err != nil {
				if !errors.As(err, &usage) || d < 0 {
					t.Fatalf("%q is %v, %v", text, d, err)
				}
				continue
			}
			if d < 0 || d%time.Second != 0 {
				t.Fatalf("%q is %v", text, d)
			}
			if again, err := parseDuration(d.String(), "x"); d > 0 && (err != nil || again != d) {
				t.Fatalf("%v is read as %v, %v", d, again, err)
			}
		}
	})
}

// FuzzArguments checks that any command line selects a command, is help, or is wrong usage, and that a child's arguments stay apart.
func FuzzArguments(f *testing.F) {
	for _, text := range []string{"", "-p\nx", "list\n--json", "--help", "add", "add\nx\n--env\n--stdin", "-p\nx\n--\nls\n-l", "serve\n--\nx", "--\n", "--duration\n1h", "-pé", "ls"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		args := strings.Split(text, "\n")
		own, child, hasChild := splitArgs(args)
		if joined := strings.Join(append(append(own[:len(own):len(own)], separator(hasChild)...), child...), "\n"); joined != text {
			t.Fatalf("%q was split into %q and %q", args, own, child)
		}
		selected, _, err := parse(&cli{}, own, deps{stdout: io.Discard, stderr: io.Discard})
		var usage usageError
		var unknown unknownWordError
		if errors.As(err, &unknown) {
			no := func(string) bool { return false }
			m := mistaken{child: child, hasChild: hasChild, commands: []string{"list"}, inPath: no}
			if m.words = m.readFlags(own); len(m.words) > 0 && m.meant()[0] == "" {
				t.Fatalf("%q: no line was meant", args)
			}
			return
		}
		if flag, ok := errors.AsType[unknownFlagError](err); ok {
			if flag.meant(t.Context(), args, deps{}) == "" {
				t.Fatalf("%q: no line was meant", args)
			}
			return
		}
		if err != nil && !errors.As(err, &usage) {
			t.Fatalf("%q: %v", own, err)
		}
		if err == nil && selected != nil && hasChild {
			if _, err := withChild(selected, child, &advisor{settings: &session.Settings{}}); err != nil && !errors.As(err, &usage) {
				t.Fatalf("%q: %v", args, err)
			}
		}
	})
}

func separator(has bool) []string {
	if has {
		return []string{"--"}
	}
	return nil
}
