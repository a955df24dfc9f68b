// Package agekeys reads age recipients and identities as people have them:
// native and post-quantum keys, SSH keys, and those of plugins. It encrypts to
// the ones and decrypts with the others.
//
// It asks nobody and starts nothing itself: see [Host].
package agekeys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/plugin"
	"filippo.io/age/tag"
)

// Host is what identities and recipients need of the user and of the system. A
// nil function is one that fails.
type Host struct {
	// Ask asks the user for a value. What is typed is not shown if secret is
	// true.
	Ask func(ctx context.Context, question string, secret bool) (string, error)

	// TPM is the path of the TPM's device or socket; "" is the TPM of the system.
	TPM string

	// Run runs a plugin: the program called name, with args. It calls talk with
	// the standard input and output of the program, and a function that shows
	// the user a message of it. It ends the program when talk returns or ctx
	// ends, and then returns the error of talk or the cause of ctx. The error
	// wraps exec.ErrNotFound if there is no such program.
	Run func(ctx context.Context, name string, args []string, talk func(Conversation) error) error
}

// Conversation is with a plugin that runs.
type Conversation struct {
	To   io.Writer
	From io.Reader
	Show func(message string)
}

// Kind is a kind of recipient or identity.
type Kind string

// The kinds, besides "plugin " and the name of a plugin.
const (
	X25519      Kind = "X25519"
	PostQuantum Kind = "post-quantum"
	SSH         Kind = "SSH key"
	Tag         Kind = "hardware key" // one to which age encrypts without its plugin
	TPM         Kind = "TPM"
	Locked      Kind = "encrypted identity" // one in an age file, whose passphrase nobody has given yet
)

// ofPlugin returns the kind of what belongs to the plugin called name.
func ofPlugin(name string) Kind { return Kind("plugin " + name) }

// Recipient is somebody to encrypt to.
type Recipient struct {
	Text string // as age writes it, without a comment
	Kind Kind
	with func(context.Context, Host) age.Recipient
}

// String returns the text of the recipient, which is not secret.
func (r Recipient) String() string { return r.Text }

// isPostQuantum reports whether r can be mixed with post-quantum recipients
// only.
func (r Recipient) isPostQuantum() bool {
	t, ok := r.with(context.Background(), Host{}).(*tag.Recipient)
	return r.Kind == PostQuantum || ok && t.Hybrid()
}

// ErrNotRecipient is the error of a text that does not begin as a recipient does.
var ErrNotRecipient = errors.New("not a recipient: it must begin with age1 or ssh-")

// ParseRecipient reads a recipient: age1…, or a public key of SSH in one line.
// Its errors quote nothing of text, which could be a private key.
func ParseRecipient(text string) (Recipient, error) {
	text = strings.TrimSpace(text)
	fixed := func(kind Kind, r age.Recipient, err error) (Recipient, error) {
		if err != nil && strings.HasSuffix(err.Error(), "too small") {
			return Recipient{}, errors.New("age wants RSA keys of 2048 bits at least")
		}
		if err != nil {
			return Recipient{}, fmt.Errorf("invalid recipient of kind %s", kind)
		}
		return Recipient{Text: text, Kind: kind, with: func(context.Context, Host) age.Recipient { return r }}, nil
	}
	switch {
	case strings.HasPrefix(text, "AGE-") || strings.Contains(text, "PRIVATE KEY"):
		return Recipient{}, errors.New("this is an identity, which is secret; a recipient begins with age1 or ssh-")
	case strings.HasPrefix(text, "ssh-"):
		if fields := strings.Fields(text); len(fields) > 2 { // the rest is a comment
			text = fields[0] + " " + fields[1]
		}
		r, err := agessh.ParseRecipient(text)
		return fixed(SSH, r, err)
	case strings.HasPrefix(text, "ecdsa-"), strings.HasPrefix(text, "sk-"):
		return Recipient{}, errors.New("age cannot encrypt to SSH keys of this type, only to ssh-ed25519 and ssh-rsa")
	case !strings.HasPrefix(text, "age1"):
		return Recipient{}, ErrNotRecipient
	}
	if r, err := age.ParseX25519Recipient(text); err == nil { // also if its text looks like that of a plugin
		return fixed(X25519, r, nil)
	}
	name, _, err := plugin.ParseRecipient(text)
	switch {
	case err != nil:
		return Recipient{}, errors.New("invalid recipient: a character is missing or wrong")
	case name == "pq":
		r, err := age.ParseHybridRecipient(text)
		return fixed(PostQuantum, r, err)
	case name == "tag", name == "tagpq":
		r, err := tag.ParseRecipient(text)
		return fixed(Tag, r, err)
	}
	return Recipient{Text: text, Kind: ofPlugin(name), with: func(ctx context.Context, h Host) age.Recipient {
		return &pluginRecipient{caller{ctx, h, name}, "add-recipient", text}
	}}, nil
}

// ParseRecipients reads the recipients in a file, one a line. Empty lines and
// those that begin with # do not count.
func ParseRecipients(data []byte) ([]Recipient, error) {
	var all []Recipient
	err := eachLine(data, func(line string) error {
		r, err := ParseRecipient(line)
		all = append(all, r)
		return err
	})
	if err == nil && len(all) == 0 {
		err = errors.New("no recipient in it")
	}
	return all, err
}

// eachLine calls f with the lines of data that count.
func eachLine(data []byte, f func(line string) error) error {
	if !utf8.Valid(data) {
		return errors.New("not a text file in UTF-8")
	}
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) { // as editors of Windows begin files
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := f(line); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return nil
}
