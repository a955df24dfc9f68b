package agetest

import (
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"filippo.io/age/plugin"
	"golang.org/x/crypto/ssh"
)

// Keygen is a program that writes an identity into a file, and its recipient into a
// file of that name with .pub. Its arguments are the kind of key, the name of the
// file, and a passphrase for a key of SSH or a locked one. The kinds are x25519,
// post-quantum, locked, ssh and the names of plugins.
func Keygen() {
	identity, recipient, err := key(os.Args[1], strings.Join(os.Args[3:], " "))
	if err == nil {
		err = os.MkdirAll(filepath.Dir(os.Args[2]), 0o700)
	}
	if err == nil {
		err = os.WriteFile(os.Args[2], []byte(identity), 0o600)
	}
	if err == nil {
		err = os.WriteFile(os.Args[2]+".pub", []byte(recipient+"\n"), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func key(kind, passphrase string) (identity, recipient string, err error) {
	switch kind {
	case "x25519":
		i, err := age.GenerateX25519Identity()
		if err != nil {
			return "", "", err
		}
		return i.String() + "\n", i.Recipient().String(), nil
	case "post-quantum":
		i, err := age.GenerateHybridIdentity()
		if err != nil {
			return "", "", err
		}
		return i.String() + "\n", i.Recipient().String(), nil
	case "locked":
		return lockedKey(passphrase)
	case "ssh":
		return sshKey(passphrase)
	}
	i, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", err
	}
	return plugin.EncodeIdentity(kind, []byte(i.String())) + "\n", plugin.EncodeRecipient(kind, []byte(i.Recipient().String())), nil
}

// lockedKey returns an identity as "age -p" encrypts it.
func lockedKey(passphrase string) (identity, recipient string, err error) {
	i, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", err
	}
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return "", "", err
	}
	to.SetWorkFactor(2)
	var sealed strings.Builder
	w, err := age.Encrypt(&sealed, to)
	if err != nil {
		return "", "", err
	}
	_, err = w.Write([]byte(i.String() + "\n"))
	err = errors.Join(err, w.Close())
	return sealed.String(), i.Recipient().String(), err
}

func sshKey(passphrase string) (private, public string, err error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return "", "", err
	}
	var block *pem.Block
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(key, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		return "", "", err
	}
	line, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		return "", "", err
	}
	return string(pem.EncodeToMemory(block)), strings.TrimSpace(string(ssh.MarshalAuthorizedKey(line))) + " me@here", nil
}
