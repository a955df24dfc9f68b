//go:build linux

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// report collects the results. Its methods are safe for concurrent use.
type report struct {
	options
	took        time.Duration
	roundsDone  int
	restarts    int    // number of restarts of the keyring
	noKeyring   string // why there is no keyring
	mu          sync.Mutex
	rows        map[kind]*row
	identities  int // number of sessions whose user was compared to the history
	keysChecked int
	violations  []violation
}

// row counts the calls of one kind.
type row struct {
	tried, done, refused, killed int
	longest                      time.Duration
}

// violation is a violated invariant.
type violation struct {
	what  string
	story []string // what happened to its name in that round
}

func (r *report) count(k kind, done, killed bool, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rows[k] == nil {
		r.rows[k] = &row{}
	}
	c := r.rows[k]
	c.tried++
	switch {
	case killed:
		c.killed++
	case done:
		c.done++
	default:
		c.refused++
	}
	c.longest = max(c.longest, took)
}

func (r *report) violated(story []string, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.violations = append(r.violations, violation{fmt.Sprintf(format, args...), story})
}

// shown is the number of violations that are printed in full.
const shown = 8

func (r *report) print(to io.Writer) {
	fmt.Fprintf(to, "seed %d: %d of %d rounds of %d calls, %d at once, in %s; the keyring was restarted %d times\n",
		r.seed, r.roundsDone, r.rounds, r.calls, r.parallel, r.took.Round(time.Second), r.restarts)
	if r.noKeyring != "" {
		fmt.Fprintf(to, "no keyring: %s\n", r.noKeyring)
	}
	w := tabwriter.NewWriter(to, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "CALL\tTRIED\tDONE\tREFUSED\tKILLED\tLONGEST")
	var sum row
	for _, k := range slices.Sorted(maps.Keys(r.rows)) {
		c := r.rows[k]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%.1f s\n", k, c.tried, c.done, c.refused, c.killed,
			c.longest.Seconds())
		sum.tried, sum.done, sum.refused, sum.killed = sum.tried+c.tried, sum.done+c.done, sum.refused+c.refused, sum.killed+c.killed
		sum.longest = max(sum.longest, c.longest)
	}
	fmt.Fprintf(w, "all\t%d\t%d\t%d\t%d\t%.1f s\n", sum.tried, sum.done, sum.refused, sum.killed,
		sum.longest.Seconds())
	w.Flush()
	fmt.Fprintf(to, "identities compared: %d; keys checked after the rounds: %d; violations: %d\n",
		r.identities, r.keysChecked, len(r.violations))
	for i, v := range r.violations {
		fmt.Fprintf(to, "\nVIOLATION %d: %s\n", i+1, v.what)
		if i < shown && len(v.story) > 0 {
			fmt.Fprintf(to, "  %s\n", strings.Join(v.story, "\n  "))
		}
	}
}
