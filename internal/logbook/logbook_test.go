package logbook

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ownfile"
)

// entry returns an entry about a profile.
func entry(profile string) Entry {
	yes, end := true, time.Date(2026, 1, 2, 4, 4, 5, 0, time.UTC)
	return Entry{
		Time: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC), Profile: profile, How: Process, Program: "aws", ProgramPID: 12, KeyID: "ASIAIOSFODNN7EXAMPLE",
		Expires: &end, Origin: Cached, PID: 34, Facts: Facts{Account: "123456789012", RoleARN: "arn:aws:iam::123456789012:role/x", Policy: "p", MFA: &yes},
	}
}

// all returns the entries of b.
func all(t *testing.T, b Book) (entries []Entry, damaged int) {
	t.Helper()
	damaged, err := b.Read(t.Context(), func(e Entry) error {
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries, damaged
}

// TestLine: a line is what encoding/json writes.
func TestLine(t *testing.T) {
	no := false
	for _, e := range []Entry{entry("work"), {Time: entry("").Time, Profile: "a \"b\" \\", How: Exec, KeyID: "AKIA", Origin: Made, PID: 1, Facts: Facts{MFA: &no}}} {
		want, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(e.line(e.Members())); got != string(want)+"\n" {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	}
}

// TestText: whatever a name holds, the line is one short line of ASCII controls
// and letters that print, and says the name.
func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"é日🔑":          `"é日🔑"`,
		"a\nb\x1b[1m":  `"a\u000ab\u001b[1m"`,
		"\u202e\u200b": `"\u202e\u200b"`,
		"\xff":         `"\ufffd"`,
		"\U000e0001":   `"\udb40\udc01"`,
	} {
		got := string(appendText(nil, text, maxOther))
		var back string
		if err := json.Unmarshal([]byte(got), &back); err != nil || got != want || back != strings.ToValidUTF8(text, "\ufffd") {
			t.Errorf("%q: %s, read as %q, %v", text, got, back, err)
		}
	}
	long := Entry{Profile: strings.Repeat("\x01é", 5000), Program: strings.Repeat("p", 5000), KeyID: strings.Repeat("k", 5000)}
	long.RoleARN, long.Policy, long.Account = long.Profile, long.Profile, long.Profile
	if n := len(long.line(long.Members())); n > 4096 {
		t.Errorf("a line has %d bytes", n)
	}
}

func TestAppend(t *testing.T) {
	b := In(filepath.Join(t.TempDir(), "state", "awsexec"))
	if got, _ := all(t, b); len(got) != 0 {
		t.Fatalf("a log without a file has %v", got)
	}
	for _, name := range []string{"a", "b"} {
		if err := b.Append(entry(name)); err != nil {
			t.Fatal(err)
		}
		if name == "a" { // one that was copied back
			if err := os.Chmod(b.path(Name), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, damaged := all(t, b); !reflect.DeepEqual(got, []Entry{entry("a"), entry("b")}) || damaged != 0 {
		t.Errorf("%+v", got)
	}
	if info, err := os.Stat(b.path(Name)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestNewerLines: fields that a newer awsexec has added do not matter.
func TestNewerLines(t *testing.T) {
	b := In(filepath.Join(t.TempDir(), "state", "awsexec"))
	if err := b.Append(entry("a")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(b.path(Name))
	if err == nil {
		err = os.WriteFile(b.path(Name), append([]byte(`{"more":{"of":["it"]},`), text[1:]...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, damaged := all(t, b); !reflect.DeepEqual(got, []Entry{entry("a")}) || damaged != 0 {
		t.Errorf("%+v, %d damaged", got, damaged)
	}
}

// TestTorn: part of a line harms no other one.
func TestTorn(t *testing.T) {
	for _, torn := range []string{`{"time":"2026-01-0`, `{"time":"2026-01-02T03:04:05.678Z","profile":"x`, "\x00\x00\x00", strings.Repeat("x", 3*maxLine)} {
		b := In(t.TempDir())
		before := entry("a")
		if err := os.WriteFile(b.path(Name), append(before.line(""), torn...), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, damaged := all(t, b); len(got) != 1 || damaged > 1 {
			t.Errorf("before the next line: %d entries, %d damaged", len(got), damaged)
		}
		if err := b.Append(entry("b")); err != nil {
			t.Fatal(err)
		}
		got, damaged := all(t, b)
		if len(got) != 2 || got[1].Profile != "b" || damaged != 1 {
			t.Errorf("%d entries, %d damaged", len(got), damaged)
		}
		// Two that saw the torn end at once both begin a line.
		more := entry("c")
		f, err := b.dir.OpenAppend(Name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(f, "\n%s", more.line(""))
		f.Close()
		if got, damaged := all(t, b); len(got) != 3 || damaged != 1 {
			t.Errorf("after an empty line: %d entries, %d damaged", len(got), damaged)
		}
	}
}

// TestRotate: files get the next number, the oldest goes, and a gap that a killed
// process left is filled first.
func TestRotate(t *testing.T) {
	b := In(t.TempDir())
	b.maxSize, b.older = 1, 3
	add := func(name, want string) {
		t.Helper()
		if err := b.Append(entry(name)); err != nil {
			t.Fatal(err)
		}
		var names strings.Builder
		entries, _ := all(t, b)
		for _, e := range entries {
			names.WriteString(e.Profile)
		}
		if names.String() != want {
			t.Errorf("after %s the log has %s, want %s", name, &names, want)
		}
	}
	add("a", "a")
	add("b", "ab")
	add("c", "abc")
	if err := os.Remove(b.path(numbered(2))); err != nil {
		t.Fatal(err)
	}
	add("d", "acd")
	add("e", "cde")
}

// TestRefused: a log that others could change is not written.
func TestRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes mean nothing")
	}
	open := t.TempDir()
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := In(open).Append(entry("a")); !errors.As(err, new(*ownfile.RefusedError)) {
		t.Errorf("a directory that others can write to: %v", err)
	}
	linked := In(t.TempDir())
	if err := os.Symlink(filepath.Join(t.TempDir(), "elsewhere"), linked.path(Name)); err != nil {
		t.Fatal(err)
	}
	if err := linked.Append(entry("a")); err == nil {
		t.Error("a link was followed")
	}
}

// TestFollow: new entries arrive, also after the file got another name, even from a
// process that has opened it before.
func TestFollow(t *testing.T) {
	b := In(filepath.Join(t.TempDir(), "later"))
	b.maxSize = 2000
	got := make(chan string)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- b.Follow(ctx, func(e Entry) error {
			got <- e.Profile
			return nil
		}, func() error { return nil })
	}()
	want := func(names ...string) { // in any order: what a late process writes arrives late
		t.Helper()
		left := slices.Clone(names)
		for len(left) > 0 {
			select {
			case have := <-got:
				i := slices.Index(left, have)
				if i < 0 {
					t.Fatalf("%s arrives, %q are missing", have, left)
				}
				left = slices.Delete(left, i, i+1)
			case <-time.After(20 * time.Second):
				t.Fatalf("%q do not arrive", left)
			}
		}
	}
	var last *os.File
	var batch []string
	for i := range 28 { // several files
		name := fmt.Sprint(i)
		if last == nil {
			var err error
			if last, err = b.dir.OpenAppend(Name); err != nil {
				t.Fatal(err)
			}
		}
		if i%7 == 6 { // a process that is late
			late := entry(name)
			if _, err := last.Write(late.line("")); err != nil {
				t.Fatal(err)
			}
			last.Close()
			last = nil
		} else if err := b.Append(entry(name)); err != nil {
			t.Fatal(err)
		}
		if batch = append(batch, name); len(batch) == 7 {
			want(batch...)
			batch = nil
		}
	}
	if last != nil {
		last.Close()
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestMain appends entries, if it runs as a child: many at once, until it is told to
// stop or has written them all.
func TestMain(m *testing.M) {
	dir := os.Getenv("LOGBOOK_TEST_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	b := small(dir)
	var all sync.WaitGroup
	for worker := range 25 {
		all.Go(func() {
			for round := range 20 {
				e := entry(fmt.Sprintf("%s %d %d", os.Getenv("LOGBOOK_TEST_NAME"), worker, round))
				if err := b.Append(e); err != nil {
					panic(err)
				}
				if round == 0 && worker == 0 {
					fmt.Println("begun")
				}
			}
		})
	}
	all.Wait()
	os.Exit(0)
}

// small returns a log with small files, none of which goes.
func small(dir string) Book { return Book{ownfile.Dir(dir), 20_000, 1000} }

// TestProcesses: of many writers in many processes, some of which are killed, no line
// is torn or missing while the files are renamed.
func TestProcesses(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var running sync.WaitGroup
	const whole, killed = 8, 4
	for i := range whole + killed {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), "LOGBOOK_TEST_DIR="+dir, fmt.Sprintf("LOGBOOK_TEST_NAME=%d", i))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running.Go(func() {
			bufio.NewScanner(out).Scan()
			if i >= whole {
				_ = cmd.Process.Kill()
			}
			if err := cmd.Wait(); err != nil && i < whole {
				t.Error(err)
			}
		})
	}
	running.Wait()
	entries, damaged := all(t, small(dir))
	seen := map[string]int{}
	for _, e := range entries {
		seen[e.Profile]++
	}
	if damaged > killed {
		t.Errorf("%d lines are damaged by %d processes that were killed", damaged, killed)
	}
	missing := 0
	for i := range whole {
		for worker := range 25 {
			for round := range 20 {
				if seen[fmt.Sprintf("%d %d %d", i, worker, round)] != 1 {
					missing++
				}
			}
		}
	}
	files, err := os.ReadDir(dir)
	if missing > 0 || err != nil || len(files) < 5 {
		t.Errorf("%d of %d lines are missing or twice, in %d files; %v", missing, whole*25*20, len(files), err)
	}
}

// BenchmarkAppend measures what the log adds to each call.
func BenchmarkAppend(b *testing.B) {
	book, e := In(filepath.Join(b.TempDir(), "state")), entry("work")
	facts := e.Members()
	for b.Loop() {
		if err := book.AppendWith(e, facts); err != nil {
			b.Fatal(err)
		}
	}
}
