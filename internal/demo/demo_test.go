//go:build unix

package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asAWS {
		main()
		return
	}
	os.Exit(m.Run())
}

// The demo works, and docs/demo.txt is what it shows.
func TestRecord(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip(err)
	}
	t.Chdir("../..")
	var out strings.Builder
	if err := demo(context.Background(), &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	want, err := os.ReadFile("docs/demo.txt")
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("docs/demo.txt is old: make demo-record\n%s", out.String())
	}
}
