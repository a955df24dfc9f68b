// Package lastcall remembers how the last call for each profile ended, for
// doctor: programs that run awsexec often show nothing of what it says.
//
// It keeps one small file for each profile in a directory of the caches. Any
// number of processes may read and write at once; the last one wins. The texts
// must be free of secrets when they get here.
package lastcall

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/awsexec/awsexec/internal/ownfile"
)

// Calls are the remembered calls in the cache directory of that path.
type Calls string

// Said is an error or a warning of a call.
type Said struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
	Hint string    `json:"hint,omitempty"` // a line for each way out
}

// Record is what is remembered about one profile.
type Record struct {
	Profile  string `json:"profile"`
	Failure  *Said  `json:"failure,omitempty"`  // of the last call; nil if it succeeded
	Warnings []Said `json:"warnings,omitempty"` // of calls of the last day, the newest first
}

const (
	below       = "calls" // the directory
	most        = 64      // profiles
	mostWarned  = 5       // warnings of a profile
	longestText = 2000    // bytes
	warned      = 24 * time.Hour
)

// End records that a call for a profile has ended with a failure, or well if that
// is nil, and what it warned about. A success ends the memory of a failure. First
// is true for a failure after none.
func (c Calls) End(profile string, now time.Time, failure *Said, warnings []Said) (first bool, err error) {
	old, err := c.read(name(profile))
	if failure == nil && len(warnings) == 0 {
		if errors.Is(err, fs.ErrNotExist) || err == nil && old.Failure == nil {
			return false, nil
		}
		if len(old.recent(now)) == 0 {
			return false, ownfile.Dir(c).Remove(name(profile))
		}
	}
	r := Record{Profile: clipped(profile)}
	if failure != nil {
		r.Failure = &Said{failure.At, clipped(failure.Text), clipped(failure.Hint)}
	}
	for _, w := range append(slices.Clone(warnings), old.recent(now)...) {
		known := slices.ContainsFunc(r.Warnings, func(k Said) bool { return k.Text == w.Text })
		if !known && len(r.Warnings) < mostWarned {
			r.Warnings = append(r.Warnings, Said{w.At, clipped(w.Text), clipped(w.Hint)})
		}
	}
	data, err := json.Marshal(r)
	if err != nil {
		return false, err
	}
	if err := ownfile.Dir(c).WriteLazily(name(profile), data); err != nil {
		return false, err
	}
	return failure != nil && old.Failure == nil, c.prune()
}

// All returns what is remembered, the newest failures first. What cannot be read
// counts as forgotten.
func (c Calls) All(now time.Time) []Record {
	names, err := ownfile.Dir(c).Names(below, 4*most)
	if err != nil {
		return nil
	}
	var all []Record
	for _, n := range names {
		r, err := c.read(below + "/" + n)
		if err != nil || name(r.Profile) != below+"/"+n {
			continue
		}
		r.Warnings = r.recent(now)
		if r.Failure != nil || len(r.Warnings) > 0 {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b Record) int { return cmp.Or(b.last().Compare(a.last()), cmp.Compare(a.Profile, b.Profile)) })
	return all
}

// prune removes the oldest records if there are too many.
func (c Calls) prune() error {
	names, err := ownfile.Dir(c).Names(below, -1)
	if err != nil || len(names) <= most {
		return err
	}
	last := make(map[string]time.Time, len(names)) // zero for what is no record
	for _, n := range names {
		r, _ := c.read(below + "/" + n)
		last[n] = r.last()
	}
	slices.SortFunc(names, func(a, b string) int { return last[a].Compare(last[b]) })
	for _, n := range names[:len(names)-most/2] {
		err = errors.Join(err, ownfile.Dir(c).Remove(below+"/"+n))
	}
	return err
}

func (c Calls) read(file string) (Record, error) {
	data, err := ownfile.Dir(c).Read(file)
	if err != nil {
		return Record{}, err
	}
	var r Record
	if err := json.Unmarshal(data, &r); err != nil {
		return Record{}, err
	}
	return r, nil
}

// recent returns the warnings that are not too old.
func (r Record) recent(now time.Time) []Said {
	return slices.DeleteFunc(slices.Clone(r.Warnings), func(s Said) bool { return now.Sub(s.At) > warned })
}

// last returns the time of the newest thing in r.
func (r Record) last() time.Time {
	var last time.Time
	if r.Failure != nil {
		last = r.Failure.At
	}
	for _, w := range r.Warnings {
		if w.At.After(last) {
			last = w.At
		}
	}
	return last
}

// name returns the file of a profile.
func name(profile string) string {
	sum := sha256.Sum256([]byte(clipped(profile)))
	return below + "/" + hex.EncodeToString(sum[:16])
}

// clipped returns text, or its beginning if it is too long.
func clipped(text string) string {
	text = strings.ToValidUTF8(text, "?")
	if len(text) <= longestText {
		return text
	}
	end := longestText
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
