//go:build linux

package main

import (
	"slices"
	"sync"
	"time"
)

// none is the value of a name that has no key.
const none = ""

// change is an attempt to change whose key a name has.
type change struct {
	value      string // the user's account, or none
	start, end time.Time
	sure       bool // it took effect, at some moment between start and end; else it may have
}

// history is an append-only log of the changes of one name. Its methods may be called at the same time.
type history struct {
	mu      sync.Mutex
	changes []change
}

// begin appends a change that is under way, and returns what ends it: at a time, surely, perhaps, or not at all.
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

// outcome is what is known of a change that has ended.
type outcome int

const (
	perhaps outcome = iota
	yes
	no
)

var farAway = time.Unix(1<<40, 0)

// settle replaces the log by one value that is known at a time.
func (h *history) settle(value string, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changes = []change{{value: value, start: at, end: at, sure: true}}
}

// allowed returns the values that the name may have had at some moment from start to end. A value is excluded only by a sure change that
// began after its own change had ended, and ended before start.
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
