//go:build linux

package main

import (
	"slices"
	"testing"
	"time"
)

func TestHistoryAllowed(t *testing.T) {
	at := func(n int) time.Time { return time.Unix(int64(n), 0) }
	var h history
	h.settle(none, at(0))
	h.begin("alice", at(10))(at(12), yes)
	h.begin("bob", at(20))(at(22), perhaps)
	h.begin("refused", at(25))(at(26), no)
	h.begin("carol", at(30))(at(32), yes)
	h.begin("dave", at(40))

	for _, tt := range []struct {
		start, end int
		want       []string
	}{
		{1, 2, []string{none}},
		{9, 11, []string{none, "alice"}},
		{11, 11, []string{none, "alice"}},
		{13, 14, []string{"alice"}},
		{21, 21, []string{"alice", "bob"}},
		{27, 28, []string{"alice", "bob"}},
		{31, 33, []string{"alice", "bob", "carol"}},
		{33, 34, []string{"carol"}},
		{50, 51, []string{"carol", "dave"}},
	} {
		if got := h.allowed(at(tt.start), at(tt.end)); !slices.Equal(got, tt.want) {
			t.Errorf("from %d to %d: %q, want %q", tt.start, tt.end, got, tt.want)
		}
	}

	h.settle("erin", at(60))
	if got := h.allowed(at(61), at(62)); !slices.Equal(got, []string{"erin"}) {
		t.Errorf("after settling: %q", got)
	}
}
