//go:build linux

package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
)

// noMarker checks that text holds no secret. It never shows the text, only its
// name what.
func noMarker(t *testing.T, what, text string) {
	t.Helper()
	if i := strings.Index(text, ststest.Marker); i >= 0 {
		t.Errorf("a secret is in %s, at byte %d of %d", what, i, len(text))
	}
}

// noMarkerInFiles checks the content and the name of every file below dir.
func noMarkerInFiles(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		noMarker(t, "the name of a file", path)
		data, err := os.ReadFile(path)
		noMarker(t, path, string(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Errorf("no file below %s: nothing was checked", dir)
	}
}

// processesOf returns the /proc directories of the home's processes that run a
// program called name, or any program if name is "".
func processesOf(t *testing.T, h *home, name string) []string {
	t.Helper()
	procs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	mine := []byte("HOME=" + h.dir + "\x00")
	var found []string
	for _, proc := range procs {
		environ, _ := os.ReadFile(proc + "/environ") // empty for a process that has ended or belongs to another user
		cmdline, _ := os.ReadFile(proc + "/cmdline")
		program, _, _ := strings.Cut(string(cmdline), "\x00")
		if bytes.Contains(environ, mine) && (name == "" || filepath.Base(program) == name) {
			found = append(found, proc)
		}
	}
	return found
}

// noMarkerInProcesses checks the arguments of every process of the home and the
// environment that it was started with, as ps and /proc show them. A program
// called want must be among them.
func noMarkerInProcesses(t *testing.T, h *home, want string) {
	t.Helper()
	if len(processesOf(t, h, want)) == 0 {
		t.Errorf("there was no process %s to check", want)
	}
	for _, proc := range processesOf(t, h, "") {
		for _, file := range []string{"/cmdline", "/environ"} {
			text, _ := os.ReadFile(proc + file)
			noMarker(t, proc+file, string(text))
		}
	}
}

// noText checks that no file below dir contains text.
func noText(t *testing.T, dir, text string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			t.Errorf("%s holds an encoded secret", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
