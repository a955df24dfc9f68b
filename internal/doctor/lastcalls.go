package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/lastcall"
)

const (
	otherCalls = 24 * time.Hour // how long failures for other profiles are of interest
	mostOthers = 5
)

// checkLastCalls shows what programs may have hidden: how the last call for this
// profile ended, and those for other ones; and why nothing may be remembered.
func (d *diagnosis) checkLastCalls() {
	if d.in.CacheErr != nil && d.in.DirErr == nil {
		d.found(Suspect, Directory, Place{}, fmt.Sprintf("the session cache cannot be used: %v", d.in.CacheErr),
			Advice{"use a directory that you can write to: export XDG_CACHE_HOME=DIRECTORY"})
	}
	others := 0
	for _, r := range d.in.Calls {
		severity := Suspect
		if r.Profile != d.report.Name {
			severity = Notice
			if others++; others > mostOthers || r.Failure != nil && d.in.Now().Sub(r.Failure.At) > otherCalls {
				continue
			}
		}
		if r.Failure != nil {
			d.foundCall(severity, fmt.Sprintf("the last call for profile %q failed", r.Profile), *r.Failure)
		}
		for _, w := range r.Warnings {
			if !d.known(w.Text) {
				d.foundCall(Notice, fmt.Sprintf("a call for profile %q warned", r.Profile), w)
			}
		}
	}
}

// foundCall adds a finding about what a call said, with its time.
func (d *diagnosis) foundCall(s Severity, what string, said lastcall.Said) {
	var remedies []Remedy
	if said.Hint != "" {
		for way := range strings.SplitSeq(said.Hint, "\n") {
			remedies = append(remedies, Advice{way})
		}
	}
	since := d.in.Now().Sub(said.At)
	ago := since.Round(time.Second).String()
	if since >= time.Hour {
		ago = strings.TrimSuffix(since.Round(time.Minute).String(), "0s")
	}
	d.found(s, LastCall, Place{}, fmt.Sprintf("%s at %s (%s ago): %s", what, said.At.UTC().Format(time.RFC3339), ago, said.Text), remedies...)
}

// known reports whether there is a finding of this text.
func (d *diagnosis) known(text string) bool {
	return slices.ContainsFunc(d.report.Findings, func(f Finding) bool { return f.Text == text })
}
