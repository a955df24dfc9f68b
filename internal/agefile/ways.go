package agefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// Ways are how one machine opens a file that has recipients.
type Ways struct {
	Files      []string `json:"identity_files,omitempty"` // absolute paths of files with identities
	Identities []string `json:"identities,omitempty"`     // identities that are not secret: they name a key in hardware
}

// and returns the ways of w and of v.
func (w Ways) and(v Ways) Ways {
	both := func(a, b []string) []string {
		all := slices.Clone(a)
		for _, s := range b {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
		return all
	}
	return Ways{both(w.Files, v.Files), both(w.Identities, v.Identities)}
}

// ways is the file with the ways of a machine. It is plain, since it is needed to
// open the other file. Nothing in it is trusted: a wrong identity opens nothing.
type ways struct {
	Version    int      `json:"version"`
	Recipients []string `json:"recipients"` // of the file, as it was last written here; only to be shown
	Ways
}

const waysVersion = 1

// readWays returns the ways of this machine, and the bytes of their file. A missing
// file has none.
func (f *File) readWays() (w ways, text []byte, err error) {
	text, err = readFile(f.opts.Ways)
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil, nil
	}
	if err != nil {
		return w, nil, backend.Denied(err)
	}
	err = json.Unmarshal(text, &w)
	if w.Version > waysVersion {
		return w, nil, backend.Newer(f.opts.Ways, w.Version)
	}
	if err != nil || w.Version != waysVersion {
		return ways{}, nil, fmt.Errorf("%w: %s is not awsexec's", agekeys.ErrNoIdentity, f.opts.Ways)
	}
	return w, text, nil
}

func (f *File) writeWays(w ways) error {
	w.Version = waysVersion
	text, err := json.MarshalIndent(w, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(f.opts.Ways, append(text, '\n'))
}

// removeWays removes the ways, of which a file with a passphrase needs none.
func (f *File) removeWays() {
	dir, name := ownfile.Split(f.opts.Ways)
	if err := dir.Remove(name); err != nil {
		f.opts.Debug("%s: %v", f.opts.Ways, err)
	}
}

// showRecipients writes the recipients that the file has into the ways, unless
// these have them.
func (f *File) showRecipients() {
	if f.recipients == nil {
		return
	}
	w, _, err := f.readWays()
	if err == nil && !slices.Equal(w.Recipients, f.recipients) {
		w.Recipients = f.recipients
		err = f.writeWays(w)
	}
	if err != nil {
		f.opts.Debug("%s: %v", f.opts.Ways, err)
	}
}

// identities are those that the ways of this machine lead to. They remember a
// passphrase that a person has given.
type identities struct {
	from []byte // the bytes of the ways
	all  []agekeys.Identity
}

// knownIdentities returns the identities of this machine.
func (f *File) knownIdentities() ([]agekeys.Identity, error) {
	w, text, err := f.readWays()
	if err != nil {
		return nil, err
	}
	if text != nil && bytes.Equal(text, f.identities.from) {
		return f.identities.all, nil
	}
	all, err := readIdentities(w.Ways)
	if err != nil {
		return nil, err
	}
	f.identities = identities{text, all}
	return all, nil
}

// identitiesOf returns the identities that w leads to: those that are known, which may
// have asked a person already, if w are the ways of this machine.
func (f *File) identitiesOf(w Ways) ([]agekeys.Identity, error) {
	now, _, err := f.readWays()
	if err == nil && slices.Equal(now.Files, w.Files) && slices.Equal(now.Identities, w.Identities) {
		return f.knownIdentities()
	}
	return readIdentities(w)
}

// readIdentities reads the identities that w leads to. One that cannot be read is
// an error only if all cannot: the file of a recovery identity may be on a stick.
func readIdentities(w Ways) ([]agekeys.Identity, error) {
	var all []agekeys.Identity
	var failed error
	add := func(where string, text []byte, err error) {
		defer clear(text)
		if err == nil {
			var some []agekeys.Identity
			some, err = agekeys.ParseIdentities(text, where)
			all = append(all, some...)
		}
		if err != nil && failed == nil {
			failed = &IdentityError{where, err}
		}
	}
	for _, path := range w.Files {
		text, err := readfile.Read(path, readfile.MaxOwn)
		add(path, text, err)
	}
	for _, text := range w.Identities {
		add("identity", []byte(text), nil)
	}
	switch {
	case len(all) > 0:
		return all, nil
	case failed != nil:
		return nil, failed
	}
	return nil, agekeys.ErrNoIdentity
}

// IdentityError is the error of an identity that cannot be read.
type IdentityError struct {
	Path string
	Err  error
}

// Unwrap makes the error one of a locked file too.
func (e *IdentityError) Unwrap() []error { return []error{backend.ErrLocked, e.Err} }

func (e *IdentityError) Error() string {
	if path, ok := errors.AsType[*fs.PathError](e.Err); ok {
		return fmt.Sprintf("locked: identity %s: %v", e.Path, path.Err)
	}
	return fmt.Sprintf("locked: identity %s: %v", e.Path, e.Err)
}
