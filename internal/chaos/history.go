//go:build linux

package main

import (
	"slices"
	"sync"
	"time"
)

// none is the value of a name without a key.
const none = ""

// change is an attempt to change the key of a name.
type change struct {
	value      string // the user's account, or none
	start, end time.Time
	sure       bool // it took effect, at some moment between start and end; otherwise it may have
}

// history is an append-only log of the changes of one name. Its methods are
// safe for concurrent use.
type history struct {
	mu      sync.Mutex
	changes []change
}

// begin appends a change that has started. The function that it returns ends
// the change at a time, with an outcome.
func (h *history) begin(value string, start time.Time) (end func(at time.Time, happened outcome)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := len(h.changes)
	h.changes = append(h.changes, change{value: value, start: start, end: farAway})
	return func(at time.Time, happened outcome) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.changes[i].end, h.changes[i].sure = at, happened == yes
		if happened == no {
			h.changes[i].start = farAway
		}
	}
}

// outcome is what is known about a change that has ended.
type outcome int

const (
	perhaps outcome = iota
	yes
	no
)

var farAway = time.Unix(1<<40, 0)

// settle replaces the log with one value that is known at a time.
func (h *history) settle(value string, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changes = []change{{value: value, start: at, end: at, sure: true}}
}

// allowed returns the values that the name may have had at some moment from
// start to end. Only a sure change excludes older values: one that began after
// their own change had ended, and ended before start.
func (h *history) allowed(start, end time.Time) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var values []string
	for _, c := range h.changes {
		replaced := slices.ContainsFunc(h.changes, func(d change) bool {
			return d.sure && d.start.After(c.end) && d.end.Before(start)
		})
		if !c.start.After(end) && !replaced && !slices.Contains(values, c.value) {
			values = append(values, c.value)
		}
	}
	return values
}
