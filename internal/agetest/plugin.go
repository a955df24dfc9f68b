// Package agetest has age plugins for tests: a test binary becomes one if it is
// called by its name.
package agetest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/plugin"
)

// PIN is what the plugin testpin wants to hear.
const PIN = "123456"

// Plugins are the plugins by the names of their programs. What they do about an
// identity is in their names:
//
//	testpin      asks for a PIN
//	testtouch    tells the user to touch something, and goes on
//	testconfirm  asks whether it may
//	testrefuse   says no
//	testuntouched tells the user to touch something, and waits for ever
//	testhang     says nothing, and does not end
//	testgarbage  does not keep to the protocol
//	testflood    shows messages without an end
//
// All encrypt as age itself does, to the X25519 recipient in their recipients.
var Plugins = map[string]func(){}

func init() {
	for _, name := range []string{"testpin", "testtouch", "testconfirm", "testrefuse", "testuntouched", "testhang", "testgarbage", "testflood"} {
		Plugins["age-plugin-"+name] = func() { os.Exit(run(name)) }
	}
}

// Main runs the plugin that this process was called by the name of, if it was.
func Main() {
	if f, ok := Plugins[strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")]; ok {
		f()
	}
}

// Install makes the plugins in a new directory, as links to the running test
// binary, which has to call Main first.
func Install(t *testing.T) (dir string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for name := range Plugins {
		if runtime.GOOS == "windows" {
			name += ".exe"
		}
		if err := os.Symlink(self, filepath.Join(dir, name)); err != nil {
			t.Skip(err) // Windows without the right to do so
		}
	}
	return dir
}

// New returns a recipient and an identity of the plugin called name.
func New(t *testing.T, name string) (recipient, identity string) {
	t.Helper()
	identity, recipient, err := key(name, "")
	if err != nil {
		t.Fatal(err)
	}
	return recipient, identity
}

func run(name string) int {
	p, err := plugin.New(name)
	if err != nil {
		return 1
	}
	p.HandleRecipient(func(data []byte) (age.Recipient, error) { return age.ParseX25519Recipient(string(data)) })
	p.HandleIdentity(func(data []byte) (age.Identity, error) {
		i, err := age.ParseX25519Identity(string(data))
		return identity{i, p}, err
	})
	return p.Main()
}

type identity struct {
	age.Identity
	plugin *plugin.Plugin
}

func (i identity) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	switch i.plugin.Name() {
	case "testpin":
		pin, err := i.plugin.RequestValue("PIN of the key", true)
		if err != nil {
			return nil, err
		}
		if pin != PIN {
			return nil, errors.New("wrong PIN, 2 tries left")
		}
	case "testtouch":
		if err := i.plugin.DisplayMessage("touch the key"); err != nil {
			return nil, err
		}
	case "testconfirm":
		if yes, err := i.plugin.Confirm("may I", "go ahead", "never"); err != nil || !yes {
			return nil, errors.New("you did not allow it")
		}
	case "testrefuse":
		return nil, errors.New("the key is not plugged in")
	case "testuntouched":
		if err := i.plugin.DisplayMessage("touch the key"); err != nil {
			return nil, err
		}
		waitForEver()
	case "testhang":
		waitForEver()
	case "testflood":
		for {
			if err := i.plugin.DisplayMessage("again"); err != nil {
				return nil, err
			}
		}
	case "testgarbage":
		fmt.Println("Usage: age-plugin-testgarbage [\x1b[31m options]")
		os.Exit(0)
	}
	return i.Identity.Unwrap(stanzas)
}

// waitForEver ends only when the process is killed: a reader of a pipe that nobody
// writes to is no deadlock to Go.
func waitForEver() {
	r, w, err := os.Pipe()
	if err == nil {
		_, _ = r.Read(make([]byte, 1))
		_ = w.Close()
	}
}
