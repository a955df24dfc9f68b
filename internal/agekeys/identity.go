package agekeys

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/plugin"
)

// Identity opens what is encrypted to its recipient. It is secret, unless it
// only names a key that hardware keeps.
type Identity struct {
	Kind Kind

	// Recipient is who this identity belongs to; its Text is "" if only a plugin
	// knows, or somebody with a passphrase.
	Recipient Recipient

	needsPerson func() bool
	with        func(context.Context, Host) age.Identity
}

// String returns the kind, never the secret.
func (i Identity) String() string { return string(i.Kind) }

// NeedsPerson reports whether somebody may have to type or touch something
// before i opens anything. A passphrase that was right is not asked for again.
func (i Identity) NeedsPerson() bool { return i.needsPerson() }

func nobody() bool   { return false }
func somebody() bool { return true }

// ParseIdentities reads the identities in a file: AGE-SECRET-KEY-… and
// AGE-PLUGIN-…, one a line, also in an age file with a passphrase, or one private key
// of SSH. Called is what the user
// calls the file, for a question about its passphrase. The errors quote nothing
// of data.
func ParseIdentities(data []byte, called string) ([]Identity, error) {
	switch {
	case isEncrypted(data):
		i, err := parseEncrypted(data, called)
		if err != nil {
			return nil, err
		}
		return []Identity{i}, nil
	case bytes.Contains(data, []byte("PRIVATE KEY-----")):
		i, err := parseSSH(data, called)
		if err != nil {
			return nil, err
		}
		return []Identity{i}, nil
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("ssh-")):
		return nil, errors.New("this is a public key; the private one is needed")
	}
	var all []Identity
	err := eachLine(data, func(line string) error {
		i, err := parseIdentity(line)
		all = append(all, i)
		return err
	})
	if err == nil && len(all) == 0 {
		err = errors.New("no identity in it")
	}
	return all, err
}

func parseIdentity(line string) (Identity, error) {
	fixed := func(i age.Identity, recipient string) (Identity, error) {
		r, err := ParseRecipient(recipient)
		return Identity{Kind: r.Kind, Recipient: r, needsPerson: nobody, with: func(context.Context, Host) age.Identity { return i }}, err
	}
	switch {
	case strings.HasPrefix(line, "AGE-SECRET-KEY-PQ-1"):
		if i, err := age.ParseHybridIdentity(line); err == nil {
			return fixed(i, i.Recipient().String())
		}
	case strings.HasPrefix(line, "AGE-SECRET-KEY-1"):
		if i, err := age.ParseX25519Identity(line); err == nil {
			return fixed(i, i.Recipient().String())
		}
	case strings.HasPrefix(line, "AGE-PLUGIN-"):
		name, data, err := plugin.ParseIdentity(line)
		if err == nil && name == tpmName {
			return identityOfTPM(data)
		}
		if err == nil {
			return identityOfPlugin(name, line), nil
		}
	default:
		return Identity{}, errors.New("not an identity: it must begin with AGE-SECRET-KEY- or AGE-PLUGIN-")
	}
	return Identity{}, errors.New("invalid identity: a character is missing or wrong")
}

func identityOfPlugin(name, text string) Identity {
	return Identity{Kind: ofPlugin(name), needsPerson: somebody, with: func(ctx context.Context, h Host) age.Identity {
		return &pluginIdentity{caller{ctx, h, name}, text}
	}}
}

// PluginIdentity returns the text of the identity that leaves all to the plugin
// of r; "" if r is not the recipient of a plugin. Many plugins know it.
func PluginIdentity(r Recipient) string {
	name, ok := strings.CutPrefix(string(r.Kind), "plugin ")
	if !ok {
		return ""
	}
	return plugin.EncodeIdentity(name, nil)
}

// NewIdentity makes an identity that can be kept on paper, and returns its
// secret text. It can be mixed with the recipients in others.
func NewIdentity(others []Recipient) (secret string, r Recipient, err error) {
	if slices.ContainsFunc(others, Recipient.isPostQuantum) {
		i, err := age.GenerateHybridIdentity()
		if err != nil {
			return "", r, err
		}
		r, err = ParseRecipient(i.Recipient().String())
		return i.String(), r, err
	}
	i, err := age.GenerateX25519Identity()
	if err != nil {
		return "", r, err
	}
	r, err = ParseRecipient(i.Recipient().String())
	return i.String(), r, err
}
