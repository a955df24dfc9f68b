package keystore

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/ownfile"
)

// chosenName is the file that names the store which the user has moved the keys
// to: one line, of a kind, perhaps followed by " from " and another.
const chosenName = "keystore.chosen"

// Choice says which store [KindAuto] stands for in a directory.
type Choice struct {
	Kind Kind // "" if the user has not chosen one
	From Kind // the store whose keys have been copied to Kind and not been removed yet; "" if there is none
}

// Chosen returns the user's choice. A choice that cannot be understood is
// [ErrNewer]: no other store may be used in its place.
func (o Options) Chosen() (Choice, error) {
	b, err := ownfile.Dir(o.Dir).Read(chosenName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Choice{}, nil
	case errors.Is(err, fs.ErrPermission):
		return Choice{}, backend.Denied(err)
	case err != nil:
		return Choice{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	text, from, moving := strings.Cut(strings.TrimSuffix(string(b), "\n"), " from ")
	c := Choice{Kind: Kind(text), From: Kind(from)}
	if !c.Kind.isOne() || moving && !c.From.isOne() {
		return Choice{}, fmt.Errorf("%w: %s does not name a keystore that this awsexec knows", ErrNewer, filepath.Join(o.Dir, chosenName))
	}
	return c, nil
}

// Choose makes c the user's choice. The caller holds the locks of the keys that
// are moved.
func (o Options) Choose(c Choice) error {
	text := string(c.Kind)
	if c.From != "" {
		text += " from " + string(c.From)
	}
	dir := ownfile.Dir(o.Dir)
	dir.Tidy(chosenName)
	return backend.Denied(dir.Write(chosenName, []byte(text+"\n")))
}

// isOne reports whether k is one store, and not the choice of one.
func (k Kind) isOne() bool {
	parsed, err := ParseKind(string(k))
	return err == nil && parsed == k && k != KindAuto
}
