//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// build makes a program that prints the names of its packages as they are initialised, in a module that becomes the current directory.
func build(t *testing.T) string {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"go.mod":      "module prog\ngo 1.26\n",
		"main.go":     "package main\nimport (_ \"prog/a\"; _ \"prog/z\")\nfunc init() { println(\"main\") }\nfunc main() {}\n",
		"a/a.go":      "package a\nimport _ \"prog/b\"\nfunc init() { println(\"a\") }\n",
		"b/b.go":      "package b\nvar n = print(\"\")\nfunc init() { println(\"b\") }\nfunc print(s string) int { println(\"b before\"); return len(s) }\n",
		"y.v2/y.go":   "package y\nvar Map = map[string]string{\"y\": name}\nvar name = os()\nfunc os() string { println(\"y\"); return \"y\" }\n",
		"z/z.go":      "package z\nimport (_ \"fmt\"; \"prog/y.v2\")\nfunc init() { println(\"z\", len(y.Map)) }\n",
		"alone/al.go": "package alone\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "build", "-buildvcs=false", "-ldflags", "-s -w", "-o", "prog.bin", ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return "./prog.bin"
}

func output(t *testing.T, program string) string {
	t.Helper()
	out, err := exec.Command(program).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

func TestReorder(t *testing.T) {
	program := build(t)
	if got, want := output(t, program), "b before b a y z 1 main"; got != want {
		t.Fatalf("as linked: %s, want %s", got, want)
	}
	for range 2 { // the second time there is nothing to do
		if err := reorder(program, []string{"./y.v2", "./z"}); err != nil {
			t.Fatal(err)
		}
		if got, want := output(t, program), "y z 1 b before b a main"; got != want {
			t.Errorf("reordered: %s, want %s", got, want)
		}
	}
	if err := reorder(program, []string{"./b"}); err != nil {
		t.Fatal(err)
	}
	if got, want := output(t, program), "b before b y z 1 a main"; got != want {
		t.Errorf("reordered again: %s, want %s", got, want)
	}
	if files, _ := filepath.Glob("*.initorder"); len(files) > 0 {
		t.Errorf("%v are left over", files)
	}
}

// What cannot be done leaves the program as it was.
func TestReorderFails(t *testing.T) {
	program := build(t)
	before, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		data     []byte
		packages string
		want     string // part of the error; "" if there is none
	}{
		"of another system":      {[]byte("MZ\x90\x00"), "./z", ""},
		"position-independent":   {append(append([]byte{}, before[:16]...), append([]byte{3, 0}, before[18:]...)...), "./z", ""},
		"cut off":                {before[:4000], "./z", "EOF"},
		"not a kind":             {append(append([]byte{}, before[:18]...), append([]byte{3, 0}, before[20:]...)...), "./z", "not a kind"},
		"a package without init": {before, "./alone", "does not initialise prog/alone"},
		"no such package":        {before, "./none", "go list"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(program, tt.data, 0o700); err != nil {
				t.Fatal(err)
			}
			err := reorder(program, []string{tt.packages})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if after, err := os.ReadFile(program); err != nil || string(after) != string(tt.data) {
				t.Errorf("the program has changed: %v", err)
			}
		})
	}
}
