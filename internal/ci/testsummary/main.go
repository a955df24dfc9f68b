// Command testsummary reads the output of `go test -json` and writes what a developer wants to see of it: each package's
// result, everything that failing tests and builds said, lines in which a test gives a figure ("figure: …"), and at the end how many
// tests passed, failed and were skipped, and why.
//
// Its exit code is 1 when anything failed, or when no test ran at all.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	failed, err := summarize(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsummary:", err)
	}
	if failed || err != nil {
		os.Exit(1)
	}
}

// event is one line of test2json (`go doc test2json`).
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string
}

// result is a test, by package and name; the package itself has no name.
type result struct{ pkg, test string }

// summarize copies what matters of r to w and says whether anything failed.
func summarize(r io.Reader, w io.Writer) (failed bool, err error) {
	output := map[result][]string{}
	var passes, failures int
	var skips, figures []string
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line == "" && err == io.EOF {
			break
		}
		if err != nil && err != io.EOF {
			return true, err
		}
		var e event
		if json.Unmarshal([]byte(line), &e) != nil {
			fmt.Fprint(w, line) // the go command itself speaks plainly
			continue
		}
		id := result{e.Package, e.Test}
		switch e.Action {
		case "output":
			if !strings.HasPrefix(e.Output, "=== ") { // which test runs when
				output[id] = append(output[id], e.Output)
			}
		case "build-output":
			fmt.Fprint(w, e.Output)
		case "build-fail":
			failed = true
		case "pass", "fail", "skip":
			said := output[id]
			delete(output, id)
			for _, line := range said {
				if _, figure, found := strings.Cut(line, "figure: "); found {
					figures = append(figures, figure)
				}
			}
			if e.Test == "" && e.Action != "skip" { // a package without tests
				fmt.Fprintf(w, "%-4s %s %.1fs\n", e.Action, e.Package, e.Elapsed)
			}
			switch e.Action {
			case "pass":
				if e.Test != "" {
					passes++
				}
			case "fail":
				failed = true
				if e.Test != "" {
					failures++
				}
				fmt.Fprint(w, strings.Join(said, ""))
			case "skip":
				if e.Test != "" {
					skips = append(skips, reason(e, said))
				}
			}
		}
	}
	// A test that never ended took its process with it: what it said is the only trace.
	for id, said := range output {
		if id.test != "" {
			failed = true
			fmt.Fprintf(w, "unfinished %s %s\n%s", id.pkg, id.test, strings.Join(said, ""))
		}
	}
	if len(figures) > 0 {
		fmt.Fprintf(w, "\n%s", strings.Join(figures, ""))
	}
	fmt.Fprintf(w, "\n%d passed, %d failed, %d skipped\n", passes, failures, len(skips))
	for _, s := range skips {
		fmt.Fprintln(w, "skipped:", s)
	}
	return failed || passes == 0, nil
}

// reason is one line for a skipped test: the last thing it said that is not the framework's own line.
func reason(e event, said []string) string {
	why := ""
	for _, s := range said {
		if s = strings.TrimSpace(s); s != "" && !strings.HasPrefix(s, "---") {
			why = s
		}
	}
	return strings.TrimSuffix(fmt.Sprintf("%s %s: %s", e.Package, e.Test, why), ": ")
}
