package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/term"
	"github.com/awsexec/awsexec/internal/visible"
)

// pick lets the person at the terminal pick a profile, those picked last first.
func pick(ctx context.Context, sess *session.Session, settings *session.Settings) (string, error) {
	if settings.NoPrompt {
		return "", usageError{"--pick and --no-prompt exclude each other", ""}
	}
	names := known{ctx, sess}
	about := map[string]string{}
	for _, p := range names.resolved() {
		about[p.Name] = aboutProfile(p)
	}
	for _, e := range names.keys() {
		if _, ok := about[e.Name]; !ok {
			about[e.Name] = "key " + visible.KeyID(e.AccessKeyID)
		}
	}
	if len(about) == 0 {
		return "", errNothingToPick
	}
	used := picks{settings}
	last := used.load()
	var items []term.Item
	for name, text := range about {
		items = append(items, term.Item{Name: name, About: text})
	}
	slices.SortFunc(items, func(a, b term.Item) int {
		return cmp.Or(last[b.Name].Compare(last[a.Name]), strings.Compare(a.Name, b.Name))
	})
	ask := term.Pick
	if settings.Env("TERM") == "dumb" {
		ask = term.PickPlain
	}
	at, err := ask(ctx, "profile: ", items)
	switch {
	case errors.Is(err, term.ErrNoTerminal):
		return "", unpickedError{err}
	case err != nil:
		return "", err
	}
	used.note(last, items[at].Name, settings.Now())
	return items[at].Name, nil
}

var errNothingToPick = errors.New("there is no profile to pick: neither the AWS files nor the keystore have one")

// unpickedError is the error for --pick where nobody can pick.
type unpickedError struct{ error }

func (e unpickedError) Error() string { return "pick a profile: " + e.error.Error() }

func (e unpickedError) Unwrap() error { return e.error }

// picks are the profiles that were picked, in a file that may be lost.
type picks struct{ settings *session.Settings }

// mostPicks bounds the file.
const mostPicks = 100

func (p picks) dir() (ownfile.Dir, error) {
	dir, err := p.settings.CacheDir()
	return ownfile.Dir(dir), err
}

// load returns when each profile was picked last.
func (p picks) load() map[string]time.Time {
	last := map[string]time.Time{}
	if dir, err := p.dir(); err == nil {
		if b, err := dir.Read("picked.json"); err == nil && (json.Unmarshal(b, &last) != nil || last == nil) { // null is read as nil
			last = map[string]time.Time{}
		}
	}
	return last
}

// note notes that a profile was picked. That it could not does not matter.
func (p picks) note(last map[string]time.Time, name string, now time.Time) {
	last[name] = now.UTC()
	for len(last) > mostPicks {
		oldest := name
		for n, t := range last {
			if t.Before(last[oldest]) {
				oldest = n
			}
		}
		delete(last, oldest)
	}
	dir, err := p.dir()
	if err != nil {
		return
	}
	if b, err := json.Marshal(last); err == nil {
		_ = dir.WriteLazily("picked.json", b)
	}
}
