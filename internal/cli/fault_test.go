package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/ststest"
)

// A panic ends a run with the code of failure, and nothing of its value is
// shown.
func TestEndOnFault(t *testing.T) {
	w := newWorld(t)
	var out, errs bytes.Buffer
	code := 0
	end := endOnFault(w.deps("", &out, &errs), func(c int) { code = c })
	end(&fault.Fault{Type: "string", Functions: []string{"main.a (a.go:1)", "main.b (b.go:2)"}})
	if want := "awsexec: error: internal fault: string in main.a (a.go:1) < main.b (b.go:2); hint: report this: "; code != exitFailed || !strings.HasPrefix(errs.String(), want) || out.Len() > 0 {
		t.Errorf("exit code %d, said %q; want %q", code, &errs, want)
	}
}

// fullDisk takes no byte.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// What cannot be written is a failure and no wrong usage, help included.
func TestUnwritten(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	for _, args := range [][]string{
		{"--help"}, {"add", "--help"}, {"version"}, {"list"}, {"list", "--json"}, {"-p", "work"}, {"-p", "work", "whoami"}, {"-p", "work", "whoami", "--json"},
		{"-p", "work", "export", "--format", "env"}, {"-p", "work", "doctor"}, {"-p", "work", "doctor", "--json"},
	} {
		var errs bytes.Buffer
		if code := run(t.Context(), args, w.deps("", fullDisk{}, &errs)); code != exitFailed || !strings.Contains(errs.String(), "no space left") ||
			strings.Contains(errs.String(), ststest.Marker) {
			t.Errorf("%q: exit code %d, said %s", args, code, &errs)
		}
	}
}
