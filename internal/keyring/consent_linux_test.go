package keyring

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/backend/backendtest"
	"github.com/awsexec/awsexec/internal/bustest"
	"github.com/awsexec/awsexec/internal/keyringtest"
)

// dialogs are what a keyring shows to a person on its display.
type dialogs struct {
	display *keyringtest.Display
	title   string // a regular expression
}

// asks is how a person answers a dialog of a keyring, and what comes of it.
type asks struct {
	name      string
	noPrompt  bool
	text, key string // that are typed; without a key nobody answers
	want      error
	say       string
}

const (
	switchedOff = "prompts are switched off"
	dismissed   = "its dialog was dismissed"
	leftAlone   = "nobody answered its dialog in "
)

// check runs f while the dialog is answered as a says.
func (d dialogs) check(t *testing.T, a asks, f func(context.Context, client) error) {
	t.Helper()
	o := testOptions()
	o.NoPrompt = a.noPrompt
	ctx := t.Context()
	switch {
	case a.noPrompt:
	case a.key == "":
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
	default:
		defer d.display.Answer(d.title, a.text, a.key)()
	}
	began := time.Now()
	err := f(ctx, open(t, o)) // a new client, which has no consent yet
	if !errors.Is(err, a.want) || err != nil && !strings.Contains(err.Error(), a.say) {
		t.Errorf("%s: %v, want %v that says %q", a.name, err, a.want, a.say)
	}
	if shown := d.display.Windows(d.title); a.noPrompt && (len(shown) > 0 || time.Since(began) > 5*time.Second) {
		t.Errorf("%s: took %v and shows %q", a.name, time.Since(began), shown)
	}
	d.display.Dismiss(d.title)
}

// reads returns an f for check that wants the item to have this secret.
func reads(name, secret string) func(context.Context, client) error {
	return func(ctx context.Context, c client) error {
		got, err := c.Get(ctx, name)
		if err == nil && got != secret {
			err = errors.New("another secret")
		}
		return err
	}
}

func writes(name, secret string) func(context.Context, client) error {
	return func(ctx context.Context, c client) error { return c.Put(ctx, name, secret) }
}

func removes(name string) func(context.Context, client) error {
	return func(ctx context.Context, c client) error { return c.Delete(ctx, name) }
}

// TestKeePassXC uses a real KeePassXC, which asks a person before a program
// gets an item and before one is deleted.
func TestKeePassXC(t *testing.T) {
	display := bustest.StartDisplay(t)
	b := bustest.Start(t, bustest.NoServices)
	b.StartKeePassXC(t, keyringtest.KeePassXC{Display: display, Databases: []string{"first", "second"}, ConfirmAccess: true, ConfirmDelete: true})
	window := b.Conn.Object(keepassName, "/keepassxc")
	call := func(method string, args ...any) {
		t.Helper()
		if err := window.Call(keepassName+"."+method, 0, args...).Err; err != nil {
			t.Fatal(err)
		}
	}

	// A new item needs no consent.
	access := dialogs{display, "Access Request"}
	access.check(t, asks{name: "make an item", noPrompt: true}, writes("dev", secret1))
	for _, a := range []asks{
		{name: "prompts off", noPrompt: true, want: backend.ErrLocked, say: switchedOff},
		{name: "denied", key: "Escape", want: backend.ErrRefused, say: dismissed},
		{name: "left alone", want: backend.ErrLocked, say: leftAlone},
		{name: "allowed", key: "Return"},
	} {
		access.check(t, a, reads("dev", secret1))
	}
	for _, a := range []asks{
		{name: "change, prompts off", noPrompt: true, want: backend.ErrLocked, say: switchedOff},
		{name: "change, denied", key: "Escape", want: backend.ErrRefused, say: dismissed},
		{name: "change, allowed", key: "Return"},
	} {
		access.check(t, a, writes("dev", secret1))
	}

	if c, seen := New(testOptions()).Look(t.Context(), item("dev")); c != Locked || !slices.Equal(seen, []Sight{{item("dev"), "second", true}}) {
		t.Errorf("%v, %v", c, seen)
	}

	deletion := dialogs{display, "Delete entry"}
	for _, a := range []asks{
		{name: "delete, prompts off", noPrompt: true, want: backend.ErrLocked, say: switchedOff},
		{name: "delete, denied", key: "Escape", want: backend.ErrRefused, say: dismissed},
		{name: "delete, left alone", want: backend.ErrLocked, say: leftAlone},
	} {
		deletion.check(t, a, removes("dev"))
	}

	// Another database becomes the default, which is the one of the tab that is
	// shown, and the one with the item is locked.
	call("openDatabase", filepath.Join(b.Dir, "first.kdbx"), bustest.Password, "")
	access.check(t, asks{name: "from the other database", key: "Return"}, reads("dev", secret1))
	access.check(t, asks{name: "into the default database", noPrompt: true}, writes("new", secret2))
	b.LockCollection(t, collectionPath+"second")
	unlock := dialogs{display, "Unlock Database"}
	unlock.check(t, asks{name: "not listed", noPrompt: true, want: backend.ErrNotFound}, reads("dev", secret1))

	// All are locked.
	b.LockAll(t)
	for _, a := range []asks{
		{name: "locked, prompts off", noPrompt: true, want: backend.ErrLocked, say: switchedOff},
		{name: "locked, dismissed", key: "Escape", want: backend.ErrRefused, say: dismissed},
		{name: "locked, left alone", want: backend.ErrLocked, say: leftAlone},
	} {
		unlock.check(t, a, reads("new", secret2))
	}
	both := dialogs{display, "Unlock Database|Access Request"}
	both.check(t, asks{name: "unlocked and allowed", text: bustest.Password, key: "Return"}, reads("new", secret2))

	// No database is open.
	call("closeAllDatabases")
	access.check(t, asks{name: "none open", noPrompt: true, want: backend.ErrUnavailable, say: "no keyring to keep keys in"}, reads("new", secret2))
}

// TestKWallet uses a real KWallet, of which programs get only wallets that a
// person has opened.
func TestKWallet(t *testing.T) {
	display := bustest.StartDisplay(t)
	b := bustest.Start(t, bustest.NoServices)
	b.StartKWallet(t, display)
	wallet := dialogs{display, "KDE Wallet"}
	answered := asks{name: "unlocked", text: bustest.Password, key: "Return"}
	wallet.check(t, answered, writes("dev", secret1))
	wallet.check(t, asks{name: "open", noPrompt: true}, reads("dev", secret1))
	wallet.check(t, asks{name: "open, change", noPrompt: true}, writes("dev", secret2))
	b.LockAll(t)
	for _, a := range []asks{
		{name: "locked, prompts off", noPrompt: true, want: backend.ErrLocked, say: switchedOff},
		{name: "locked, dismissed", key: "Escape", want: backend.ErrRefused, say: dismissed},
		{name: "locked, left alone", want: backend.ErrLocked, say: leftAlone},
	} {
		wallet.check(t, a, reads("dev", secret2))
	}
	wallet.check(t, asks{name: "locked, change, dismissed", key: "Escape", want: backend.ErrRefused, say: dismissed}, writes("dev", secret3))
	wallet.check(t, answered, removes("dev"))
	wallet.check(t, asks{name: "removed", noPrompt: true, want: backend.ErrNotFound}, reads("dev", ""))
	backendtest.Run(t, func() backend.Backend { return New(testOptions()) })
}

// TestContract tests the contract of package backend on real keyrings that ask
// nobody. That on KWallet is in TestKWallet.
func TestContract(t *testing.T) {
	for name, start := range map[string]func(t *testing.T, b *bustest.Bus){
		"gnome-keyring": func(t *testing.T, b *bustest.Bus) { b.StartKeyring(t) },
		"KeePassXC": func(t *testing.T, b *bustest.Bus) {
			b.StartKeePassXC(t, keyringtest.KeePassXC{Display: bustest.StartDisplay(t), Databases: []string{"only"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			start(t, bustest.Start(t, bustest.NoServices))
			backendtest.Run(t, func() backend.Backend { return New(testOptions()) })
		})
	}
}
