package agekeys

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"

	"github.com/awsexec/awsexec/internal/backend"
)

// parseSSH reads a private key of SSH.
func parseSSH(pem []byte, called string) (Identity, error) {
	key, err := ssh.ParseRawPrivateKey(pem)
	if missing, ok := errors.AsType[*ssh.PassphraseMissingError](err); ok {
		if missing.PublicKey == nil {
			return Identity{}, errOldSSH
		}
		return encryptedSSH(pem, missing.PublicKey, called)
	}
	if bytes.Contains(pem, []byte("-----BEGIN ENCRYPTED PRIVATE KEY")) {
		return Identity{}, errOldSSH
	}
	if err != nil {
		return Identity{}, errors.New("not an SSH key that can be read")
	}
	opened, public, err := fromSSH(key)
	if err != nil {
		return Identity{}, err
	}
	r, err := recipientOfSSH(public)
	return Identity{Kind: SSH, Recipient: r, needsPerson: nobody, with: func(context.Context, Host) age.Identity { return opened }}, err
}

// fromSSH returns the identity that a private key is.
func fromSSH(key any) (age.Identity, ssh.PublicKey, error) {
	var opened age.Identity
	var public ssh.PublicKey
	var err, publicErr error
	switch k := key.(type) {
	case *ed25519.PrivateKey:
		return fromSSH(*k)
	case ed25519.PrivateKey:
		opened, err = agessh.NewEd25519Identity(k)
		public, publicErr = ssh.NewPublicKey(k.Public())
	case *rsa.PrivateKey:
		opened, err = agessh.NewRSAIdentity(k)
		public, publicErr = ssh.NewPublicKey(k.Public())
	default:
		return nil, nil, errTypeOfSSH
	}
	return opened, public, errors.Join(err, publicErr)
}

var errOldSSH = errors.New("an SSH key in an old format; write it in the present one with ssh-keygen -p")

var errTypeOfSSH = errors.New("age cannot use SSH keys of this type, only ssh-ed25519 and ssh-rsa")

func recipientOfSSH(public ssh.PublicKey) (Recipient, error) {
	return ParseRecipient(string(ssh.MarshalAuthorizedKey(public)))
}

// encryptedSSH returns the identity of a private key that has a passphrase.
func encryptedSSH(pem []byte, public ssh.PublicKey, called string) (Identity, error) {
	if t := public.Type(); t != ssh.KeyAlgoED25519 && t != ssh.KeyAlgoRSA {
		return Identity{}, errTypeOfSSH
	}
	key := &lockedKey{pem: bytes.Clone(pem), public: public, called: called}
	r, err := recipientOfSSH(public)
	return Identity{Kind: SSH, Recipient: r, needsPerson: key.isLocked, with: func(ctx context.Context, h Host) age.Identity {
		return &lockedIdentity{key, ctx, h}
	}}, err
}

// lockedKey is a private key of SSH that has a passphrase.
type lockedKey struct {
	pem    []byte
	public ssh.PublicKey
	called string

	mu     sync.Mutex
	opened age.Identity // nil until the passphrase was given
}

func (k *lockedKey) isLocked() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.opened == nil
}

// lockedIdentity is a lockedKey in one operation.
type lockedIdentity struct {
	*lockedKey
	ctx  context.Context
	host Host
}

// Unwrap asks for the passphrase only if the file is encrypted to this key.
func (i *lockedIdentity) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	sum := sha256.Sum256(i.public.Marshal())
	tag := base64.RawStdEncoding.EncodeToString(sum[:4]) // as in age's format of SSH stanzas
	for _, s := range stanzas {
		if s.Type != i.public.Type() || len(s.Args) == 0 || s.Args[0] != tag {
			continue
		}
		if i.opened == nil {
			if err := i.open(); err != nil {
				return nil, err
			}
		}
		return i.opened.Unwrap(stanzas)
	}
	return nil, age.ErrIncorrectIdentity
}

// open asks for the passphrase.
func (i *lockedIdentity) open() error {
	return askPassphrase(i.ctx, i.host, i.called, func(passphrase []byte) error {
		key, err := ssh.ParseRawPrivateKeyWithPassphrase(i.pem, passphrase)
		if errors.Is(err, x509.IncorrectPasswordError) {
			return backend.ErrWrongPassphrase
		}
		if err != nil {
			return fmt.Errorf("%w: %s", backend.ErrCorrupt, i.called)
		}
		opened, public, err := fromSSH(key)
		if err != nil {
			return err
		}
		if string(public.Marshal()) != string(i.public.Marshal()) {
			return fmt.Errorf("%w: %s holds two keys that do not belong together", backend.ErrCorrupt, i.called)
		}
		i.opened = opened
		return nil
	})
}
