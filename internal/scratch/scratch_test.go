package scratch

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	prefix  = "scratch-test-"
	runsFor = "SCRATCH_TEST_PARENT"
)

// TestMain lets the test binary be another process: one that makes a directory,
// prints its path, and runs until it is killed.
func TestMain(m *testing.M) {
	if parent := os.Getenv(runsFor); parent != "" {
		path, remove, err := Make(parent, prefix, time.Now())
		if err != nil {
			panic(err)
		}
		defer remove() // which keeps it
		if err := os.WriteFile(filepath.Join(path, "config"), nil, 0o600); err != nil {
			panic(err)
		}
		os.Stdout.WriteString(path + "\n")
		io.Copy(io.Discard, os.Stdin) // until whoever started it has ended too
	}
	os.Exit(m.Run())
}

// other starts such a process.
func other(t *testing.T, parent string) (path string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), runsFor+"="+parent)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), kill
}

func ours(t *testing.T, parent string) (path string, remove func()) {
	t.Helper()
	path, remove, err := Make(parent, prefix, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remove)
	return path, remove
}

func there(path string) bool { _, err := os.Lstat(path); return err == nil }

// TestMakeClearsAway: a call of Make removes what a killed process has left, and
// leaves what a running one uses.
func TestMakeClearsAway(t *testing.T) {
	parent := t.TempDir()
	killed, kill := other(t, parent)
	living, _ := other(t, parent)
	mine, _ := ours(t, parent)
	if !there(killed) || !there(living) || !there(mine) {
		t.Error("the directory of a living process is gone")
	}
	kill()
	_, remove := ours(t, parent)
	if there(killed) {
		t.Error("the directory of a killed process is there")
	}
	if !there(filepath.Join(living, "config")) || !there(mine) {
		t.Error("the directory of a living process is gone")
	}
	remove()
	entries, err := os.ReadDir(parent)
	if err != nil || len(entries) != 2 {
		t.Errorf("%v, %v; want the two of living processes", entries, err)
	}
	if info, err := os.Stat(mine); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestMakeLeavesOthersAlone: Make removes only awsexec's directories, and only the
// files that awsexec put there.
func TestMakeLeavesOthersAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes of files here")
	}
	parent, elsewhere := t.TempDir(), t.TempDir()
	made := func(name string, perm os.FileMode, files ...string) string {
		path := filepath.Join(parent, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if err := os.WriteFile(filepath.Join(path, file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(path, perm); err != nil {
			t.Fatal(err)
		}
		return path
	}
	deep := made(prefix+"deep", 0o700, owner, "config")
	if err := os.Mkdir(filepath.Join(deep, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{owner, "precious"} {
		if err := os.WriteFile(filepath.Join(elsewhere, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(parent, prefix+"link")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Fatal(err)
	}
	old := made(prefix+"old", 0o700, "config")
	yesterday := time.Now().Add(-unowned - time.Minute)
	if err := os.Chtimes(old, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	stay := []string{deep, link, filepath.Join(elsewhere, "precious"), filepath.Join(elsewhere, owner),
		made("others", 0o700, owner), made(prefix+"open", 0o777, owner), made(prefix+"new", 0o700)}
	left := made(prefix+"left", 0o700, owner, "config", "lock")
	ours(t, parent)
	for _, path := range stay {
		if !there(path) {
			t.Errorf("%s is gone", path)
		}
	}
	for _, path := range []string{left, old} {
		if there(path) {
			t.Errorf("%s is there", path)
		}
	}
}

// TestMakeAtOnce: processes that begin at the same time do not take each
// other's directories for what was left behind.
func TestMakeAtOnce(t *testing.T) {
	parent := t.TempDir()
	var mu sync.Mutex
	var paths []string
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 25 {
				path, remove, err := Make(parent, prefix, time.Now())
				if err != nil {
					t.Error(err)
					return
				}
				t.Cleanup(remove)
				mu.Lock()
				paths = append(paths, path)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.Sort(paths)
	if n := len(slices.Compact(paths)); n != 200 {
		t.Errorf("%d directories", n)
	}
	for _, path := range paths {
		if !there(filepath.Join(path, owner)) {
			t.Errorf("%s is gone", path)
		}
	}
}
