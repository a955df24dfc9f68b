// Package keyfacts remembers what AWS has said of access keys: whose they are and
// how old. It is a file that holds no secret and may be lost.
package keyfacts

import (
	"context"
	"encoding/json"
	"path/filepath"
	"time"

	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/ownfile"
)

// Facts are what is known of a key.
type Facts struct {
	ARN     string    `json:"arn,omitempty"`    // of its user; "" if unknown
	Created time.Time `json:"created,omitzero"` // at AWS, UTC; zero if unknown
}

// File is the file in a directory of awsexec.
type File struct{ Dir ownfile.Dir }

const (
	name = "keys-known.json"

	// patience is how long another process that writes the file is waited for.
	patience = time.Second
)

// Load returns the facts of each access key id. A file that is missing or cannot be
// understood holds none.
func (f File) Load() map[string]Facts {
	facts := map[string]Facts{}
	if b, err := f.Dir.Read(name); err == nil && json.Unmarshal(b, &facts) != nil || facts == nil {
		facts = map[string]Facts{}
	}
	return facts
}

// Learn adds what is new about the key with this id. What was known stays where
// learned has nothing. Keys for which keep is false are forgotten.
func (f File) Learn(ctx context.Context, id string, learned Facts, keep func(id string) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	release, err := flock.Lock(ctx, filepath.Join(string(f.Dir), name+".lock"))
	if err != nil {
		return err
	}
	defer release()
	f.Dir.Tidy(name)
	facts := f.Load()
	known := facts[id]
	if learned.ARN != "" {
		known.ARN = learned.ARN
	}
	if !learned.Created.IsZero() {
		known.Created = learned.Created.UTC()
	}
	before, isKnown := facts[id]
	changed := !isKnown || before != known
	facts[id] = known
	for other := range facts {
		if other != id && !keep(other) {
			delete(facts, other)
			changed = true
		}
	}
	if !changed {
		return nil
	}
	b, err := json.MarshalIndent(facts, "", "  ")
	if err != nil {
		return err
	}
	return f.Dir.WriteLazily(name, b)
}
