package bustest

import (
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/awsexec/awsexec/internal/keyringtest"
)

// StartDisplay starts an X server that ends with the test.
func StartDisplay(t *testing.T) *keyringtest.Display {
	t.Helper()
	d, err := keyringtest.StartDisplay()
	Require(t, err)
	t.Cleanup(d.Close)
	return d
}

// StartKeePassXC starts KeePassXC with unlocked databases, which have the
// password of the login collection.
func (b *Bus) StartKeePassXC(t *testing.T, o keyringtest.KeePassXC) {
	t.Helper()
	o.Password = Password
	Require(t, b.Bus.StartKeePassXC(o))
}

// StartKWallet starts KWallet with a locked wallet, which has the password of
// the login collection.
func (b *Bus) StartKWallet(t *testing.T, d *keyringtest.Display) {
	t.Helper()
	Require(t, b.Bus.StartKWallet(d, Password, b.Dir))
}

// LockCollection locks one collection.
func (b *Bus) LockCollection(t *testing.T, collection dbus.ObjectPath) {
	t.Helper()
	if err := b.Bus.Lock(collection); err != nil {
		t.Fatal(err)
	}
}

// LockAll locks all collections.
func (b *Bus) LockAll(t *testing.T) {
	t.Helper()
	if err := b.Bus.LockAll(); err != nil {
		t.Fatal(err)
	}
}
