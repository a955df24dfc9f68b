package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// place is a name in a store.
type place struct{ store, name string }

// audit checks everything after a round, when nothing runs, and prepares the
// world for the next round. It records the current keys, replaces deleted keys
// that no bug explains, and deletes keys at AWS that are not stored.
func (w *world) audit() error {
	w.aws.Calm()
	if w.keyring != nil {
		if _, err := w.keyring.ready(); err != nil {
			return fmt.Errorf("keyring: %w", err)
		}
	}
	w.compareIdentities()
	if err := w.checkFiles(false); err != nil {
		return err
	}
	left, err := w.leftInCredentials()
	if err != nil {
		return err
	}
	if err := w.finishRotations(); err != nil {
		return err
	}
	excused := w.excuses()
	present := map[place]string{} // key IDs
	for _, store := range w.stores() {
		for _, name := range names {
			id, err := w.keyOf(place{store, name})
			if err != nil {
				return err
			}
			present[place{store, name}] = id
		}
	}
	w.checkImported(present, left)
	for at, id := range present {
		if err := w.checkKey(at, id, present, excused); err != nil {
			return err
		}
	}
	return w.eachUser(func(u *user) error { return w.tidy(u, present) })
}

// leftInCredentials returns the names that still have a key in the credentials
// file, and empties the file.
func (w *world) leftInCredentials() (map[string]bool, error) {
	left := map[string]bool{}
	text, err := os.ReadFile(w.path(".aws", "credentials"))
	if err != nil {
		return nil, err
	}
	for name, id := range w.plaintext {
		left[name] = strings.Contains(string(text), id)
	}
	w.plaintext = map[string]string{}
	return left, w.writeCredentials()
}

// finishRotations lets awsexec finish rotations that were interrupted.
func (w *world) finishRotations() error {
	for _, store := range w.stores() {
		var rows []struct {
			Name     string
			Rotating bool
		}
		r := w.quiet(nil, store, "list", "--json")
		if err := json.Unmarshal([]byte(r.stdout), &rows); err != nil {
			return fmt.Errorf("list: %w: %s", err, r.stderr)
		}
		for _, row := range rows {
			if row.Rotating { // it may fail for a good reason, which a later check finds
				done := w.quiet(nil, store, "rotate", row.Name, "--yes")
				done.name, done.kind = row.Name, doRotate
				w.log = append(w.log, done)
			}
		}
	}
	return nil
}

// keyOf returns the ID of the long-term key of a name, or "" for none, and
// records its secret.
func (w *world) keyOf(at place) (id string, err error) {
	r := w.quiet(nil, at.store, "-p", at.name, "--no-session")
	if r.code != 0 {
		if strings.Contains(r.stderr, "keyring") && strings.Contains(r.stderr, "not available") {
			return "", fmt.Errorf("%s in the %s: %s", at.name, at.store, r.stderr)
		}
		return "", nil
	}
	var key struct {
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
	}
	if err := json.Unmarshal([]byte(r.stdout), &key); err != nil {
		return "", err
	}
	account := w.owner(key.AccessKeyID)
	if known := w.secrets[key.AccessKeyID]; known != "" && known != key.SecretAccessKey {
		w.report.violated(w.story(at.store, at.name), "%s in the %s has key %s with another secret",
			at.name, at.store, key.AccessKeyID)
	}
	w.secrets[key.AccessKeyID], w.owners[key.AccessKeyID] = key.SecretAccessKey, account
	return key.AccessKeyID, nil
}

// checkKey compares the key of a name to the name's history, and checks that
// the key works.
func (w *world) checkKey(at place, id string, present map[place]string,
	excused func(at place, account string) bool) error {
	w.report.keysChecked++
	now := time.Now()
	value := w.owners[id]
	h := w.histories[at.store][at.name]
	if allowed := h.allowed(now, now); !slices.Contains(allowed, value) {
		w.report.violated(w.story(at.store, at.name),
			"%s in the %s has the key of %q, and should have that of %q", at.name, at.store, value, allowed)
	}
	h.settle(value, now)
	if id == "" {
		return nil
	}
	u := w.userOf(value)
	if u == nil {
		return fmt.Errorf("%s in the %s has key %s, which is unknown", at.name, at.store, id)
	}
	if w.aws.AccessKeys(u.arn)[id] {
		r := w.quiet(nil, at.store, "whoami", "-p", at.name, "--no-session", "--json", "--unmasked")
		if !strings.Contains(r.stdout, u.arn) {
			w.report.violated(w.story(at.store, at.name),
				"%s in the %s has key %s, which does not work: %s", at.name, at.store, id, r.stderr)
		}
		return nil
	}
	if !excused(at, value) {
		w.report.violated(w.story(at.store, at.name), "%s in the %s has key %s, which was deleted at AWS",
			at.name, at.store, id)
	}
	// Replace it with a key that works, as its owner would have to.
	if err := w.living(u); err != nil {
		return err
	}
	end := h.begin(u.account, time.Now())
	r := w.process(call{kind: doForce, store: at.store, name: at.name},
		[]string{"add", at.name, "--stdin", "--force"},
		u.keyID+"\n"+w.secrets[u.keyID]+"\n", "AWSEXEC_KEYSTORE="+at.store)
	end(time.Now(), yes)
	h.settle(u.account, time.Now())
	if r.code != 0 {
		w.report.violated(w.story(at.store, at.name), "add does not replace a deleted key: %s", r.stderr)
	}
	present[at] = u.keyID
	return nil
}

// excuses returns a function that reports whether a name may have a deleted key
// of an account: its store was restored in this round, or the key was rotated
// under another name.
func (w *world) excuses() func(at place, account string) bool {
	restored := false
	rotated := map[string][]place{}
	for _, r := range w.log {
		switch r.kind {
		case restoreStore, restoreBoth:
			restored = restored || r.store == inFile
		case doRotate:
			for _, account := range w.histories[r.store][r.name].allowed(r.start, r.end) {
				rotated[account] = append(rotated[account], place{r.store, r.name})
			}
		}
	}
	return func(at place, account string) bool {
		return restored && at.store == inFile || slices.ContainsFunc(rotated[account],
			func(other place) bool { return other != at })
	}
}

// checkImported checks that a key from the credentials file is still there, or
// in a store, or was replaced there by a command.
func (w *world) checkImported(present map[place]string, left map[string]bool) {
	for name, still := range left {
		if still {
			continue
		}
		replaced := slices.ContainsFunc(w.log, func(r record) bool {
			return r.name == name && (r.kind == doForce || r.kind == doRemove || r.kind == doRotate) ||
				r.kind == restoreStore || r.kind == restoreBoth
		})
		stored := slices.ContainsFunc(w.stores(), func(store string) bool {
			return present[place{store,
				name}] != ""
		})
		if !stored && !replaced {
			w.report.violated(w.story(inFile, name),
				"the key of %s is neither in the credentials file nor in a store", name)
		}
	}
}

func (w *world) userOf(account string) *user {
	var found *user
	_ = w.eachUser(func(u *user) error {
		if u.account == account {
			found = u
		}
		return nil
	})
	return found
}

// living ensures that add has a key of u that works.
func (w *world) living(u *user) error {
	keys := w.aws.AccessKeys(u.arn)
	if keys[u.keyID] && w.secrets[u.keyID] != "" {
		return nil
	}
	for id, active := range keys {
		if active && w.secrets[id] != "" {
			u.keyID = id
			return nil
		}
	}
	return w.newKey(u)
}

// tidy deletes the keys of u that are not in a store, except one for add.
func (w *world) tidy(u *user, present map[place]string) error {
	stored := map[string]bool{}
	for _, id := range present {
		stored[id] = true
	}
	for id, active := range w.aws.AccessKeys(u.arn) {
		switch {
		case active && stored[id] && w.secrets[id] != "":
			u.keyID = id
		case !stored[id]:
			if err := w.aws.RemoveKey(id); err != nil {
				return err
			}
		}
	}
	return w.living(u)
}
