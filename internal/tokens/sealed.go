package tokens

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/awsexec/awsexec/internal/cache"
)

// Kind is what a sealed file holds.
type Kind string

// The kinds.
const (
	KindSSO          Kind = "sso"          // an SSO
	KindLogin        Kind = "login"        // a Login
	KindRegistration Kind = "registration" // a Registration
)

// ID names what a sealed file holds, by everything that makes it good for something
// else. Nothing of it is secret: it is what the config file says.
type ID struct {
	Kind     Kind   `json:"kind"`
	Session  string `json:"session,omitempty"`   // the sso-session, "" in the legacy form; the login session
	StartURL string `json:"start_url,omitempty"` // of IAM Identity Center
	Region   string `json:"region,omitempty"`    // likewise
	Scopes   string `json:"scopes,omitempty"`    // of a registration, in order and with commas
	Grant    string `json:"grant,omitempty"`     // likewise: how it gets tokens
}

// signInsDir is the directory of sealed files, below that of the cache.
const signInsDir = "signins"

// file returns the name of the file.
func (id ID) file() string {
	text, err := json.Marshal(id)
	if err != nil {
		panic(err) // strings only
	}
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%s/%s-%s", signInsDir, id.Kind, hex.EncodeToString(sum[:16]))
}

// header is what everybody can read who can read the file. It is authenticated when
// the file is opened.
type header struct {
	ID
	Expires        time.Time `json:"expires"`
	Renewable      bool      `json:"renewable,omitempty"`
	RenewableUntil time.Time `json:"renewable_until,omitzero"`
	Shared         bool      `json:"shared,omitempty"`
}

func headerOf(id ID, s State, shared bool) header {
	return header{id, s.Expires, s.Renewable, s.RenewableUntil, shared}
}

func (h header) state() State { return State{h.Expires, h.Renewable, h.RenewableUntil} }

// Sealed is a file of awsexec's own with the tokens of one sign-in, which only the
// key in the keystore opens. It implements Store.
type Sealed[T Token] struct {
	id   ID
	file cache.Sealed
}

// NewSealed returns the file of id, whose kind fits T, in a cache.
func NewSealed[T Token](c *cache.Cache, id ID) Sealed[T] { return Sealed[T]{id, c.Sealed(id.file())} }

// ID implements Store.
func (s Sealed[T]) ID() string { return s.file.Path() }

// Load implements Store. The error is that of the keystore if that does not give the
// key, and a *cache.NewerError if a newer awsexec has written the file.
func (s Sealed[T]) Load(ctx context.Context) (t T, err error) {
	head, content, err := s.file.Open(ctx)
	if err != nil {
		return t, s.explain(err)
	}
	defer clear(content)
	if _, err := s.parse(head); err != nil {
		return t, err
	}
	if json.Unmarshal(content, &t) != nil { // whose error may quote a token
		return t, &SignInError{Reason: Unreadable, Path: s.file.Path(), Why: errors.New("it holds no tokens")}
	}
	return t, nil
}

// State returns the state of the tokens, and whether a copy of them is where SDKs
// look. It needs no key, and believes what the file says. The error is one of Load.
func (s Sealed[T]) State() (state State, shared bool, err error) {
	head, err := s.file.Header()
	if err != nil {
		return State{}, false, s.explain(err)
	}
	h, err := s.parse(head)
	return h.state(), h.Shared, err
}

func (s Sealed[T]) parse(head []byte) (h header, err error) {
	if json.Unmarshal(head, &h) != nil || h.ID != s.id {
		return header{}, &SignInError{Reason: Unreadable, Path: s.file.Path(), Why: errors.New("it is of another sign-in")}
	}
	return h, nil
}

// explain returns err as the error that a person has to sign in, if that helps.
func (s Sealed[T]) explain(err error) error {
	damaged, ok := errors.AsType[*cache.DamagedError](err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &SignInError{Reason: Missing, Path: s.file.Path()}
	case ok:
		return &SignInError{Reason: Unreadable, Path: s.file.Path(), Why: damaged.Err}
	}
	return err
}

// CheckSave implements Store.
func (s Sealed[T]) CheckSave() error { return s.file.Check() }

// Save implements Store. Tokens that somebody has signed out meanwhile stay so.
func (s Sealed[T]) Save(ctx context.Context, t T) error {
	_, shared, err := s.State()
	if err != nil {
		return err
	}
	return s.Put(ctx, t, shared)
}

// Put writes new tokens, and whether a copy of them is where SDKs look.
func (s Sealed[T]) Put(ctx context.Context, t T, shared bool) error {
	head, headErr := json.Marshal(headerOf(s.id, t.State(), shared))
	content, err := json.Marshal(t)
	defer clear(content)
	if err := cmp.Or(headErr, err); err != nil {
		return err
	}
	return s.file.Write(ctx, head, content)
}

// Tidy removes what killed processes have left when they wrote the tokens. The caller
// must ensure that nobody writes them meanwhile.
func (s Sealed[T]) Tidy() { s.file.Tidy() }

// Remove removes the tokens, if there are any.
func (s Sealed[T]) Remove() error { return s.file.Remove() }

// Kept is a sealed file as it describes itself.
type Kept struct {
	ID
	State
	Shared bool
	Path   string
}

// List returns the sealed files of a cache. It needs no key, and leaves out what is
// damaged or of a newer awsexec.
func List(c *cache.Cache) ([]Kept, error) {
	names, err := c.SealedNames(signInsDir)
	var all []Kept
	for _, name := range names {
		file := c.Sealed(name)
		head, err := file.Header()
		var h header
		if err == nil && json.Unmarshal(head, &h) == nil && h.ID.file() == name {
			all = append(all, Kept{h.ID, h.state(), h.Shared, file.Path()})
		}
	}
	return all, err
}
