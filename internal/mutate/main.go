// Command mutate checks the tests: "make mutation". It makes one change after
// another that breaks the program, and runs the tests of the changed package,
// which must fail.
//
// The repository does not change, because "go test -overlay" reads the changed
// file from elsewhere. A change is identified by the text that it replaces, in
// whatever file, so that code can move. It is an error if the text is missing
// or not unique, or if the change does not compile. The exit code is 1 after an
// error, or if the tests catch too few changes.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// wanted is the share of changes that the tests must catch.
const wanted = 0.9

// testLimit limits the time of the tests of one change, which may hang. A
// change whose tests hang counts as caught.
const testLimit = 3 * time.Minute

// mutation is one change, and its effect on users.
type mutation struct{ old, new, why string }

// outcome is the result of the tests of a change.
type outcome string

const (
	caught   outcome = "caught"
	survived outcome = "SURVIVED"
	broken   outcome = "ERROR"
	compiles outcome = "compiles"
)

func main() {
	only := flag.String("only", "", "make only changes of files whose path contains this text")
	check := flag.Bool("check", false, "only check that the changes apply and compile")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if !run(ctx, *only, *check) {
		os.Exit(1)
	}
}

// run prints the outcome of each change, and reports whether enough changes
// were caught.
func run(ctx context.Context, only string, check bool) bool {
	sources, err := readSources(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		return false
	}
	counts := map[outcome]int{}
	for _, m := range mutations {
		path, err := find(sources, m.old)
		if err == nil && !strings.Contains(path, only) {
			continue
		}
		result, detail := broken, ""
		if err != nil {
			detail = err.Error()
		} else {
			result, detail = try(ctx, path, sources[path], m, check)
		}
		if ctx.Err() != nil {
			return false
		}
		counts[result]++
		fmt.Printf("%-8s  %-34s  %s%s\n", result, cmp.Or(path, "?"), m.why, detail)
	}
	total := counts[caught] + counts[survived]
	fmt.Printf("%d changes: %d caught, %d survived, %d errors\n", total+counts[broken]+counts[compiles],
		counts[caught], counts[survived], counts[broken])
	return counts[broken] == 0 && float64(counts[caught]) >= wanted*float64(total)
}

// readSources returns the Go files below dir that are not tests, by path.
func readSources(dir string) (map[string][]byte, error) {
	sources := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "mutate" || d.Name() == "build" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			sources[path], err = os.ReadFile(path)
		}
		return err
	})
	return sources, err
}

// find returns the only file that contains text, once.
func find(sources map[string][]byte, text string) (path string, err error) {
	n := 0
	for p, source := range sources {
		if there := bytes.Count(source, []byte(text)); there > 0 {
			n += there
			path = p
		}
	}
	if n != 1 {
		return "", fmt.Errorf("\n\tthe text occurs %d times: %q", n, text)
	}
	return path, nil
}

// try runs the tests of path's package with the change in it. If they pass, it
// runs the tests of the packages in also.
func try(ctx context.Context, path string, source []byte, m mutation, check bool) (outcome, string) {
	dir, err := os.MkdirTemp("", "awsexec-mutate")
	if err != nil {
		return broken, err.Error()
	}
	defer os.RemoveAll(dir)
	changed, overlay := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
	absolute, err := filepath.Abs(path)
	if err == nil {
		err = os.WriteFile(changed, bytes.Replace(source, []byte(m.old), []byte(m.new), 1), 0o600)
	}
	var text []byte
	if err == nil {
		text, err = json.Marshal(map[string]map[string]string{"Replace": {absolute: changed}})
	}
	if err == nil {
		err = os.WriteFile(overlay, text, 0o600)
	}
	if err != nil {
		return broken, err.Error()
	}
	at := "./" + filepath.ToSlash(filepath.Dir(path))
	run := func(args ...string) (out []byte, err error) {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Env = append(os.Environ(), "GOFLAGS=-overlay="+overlay) // for programs that tests build too
		return cmd.CombinedOutput()
	}
	if out, err := run("build", at); err != nil {
		return broken, "\n\t" + strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", "\n\t")
	}
	if check {
		return compiles, ""
	}
	for _, args := range [][]string{{"-skip", slow, at}, {"-run", slow, at}, also[strings.TrimPrefix(at, "./")]} {
		if len(args) == 0 {
			continue
		}
		test := []string{"test", "-count=1", "-failfast", "-vet=off", "-timeout", testLimit.String()}
		if _, err := run(append(test, args...)...); err != nil {
			return caught, ""
		}
	}
	return survived, ""
}
