//go:build linux

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/keyringtest"
)

// Keyrings that ask a person: KeePassXC before a program gets an item, KWallet
// before it opens a wallet. Without a person each command fails at once, without
// a dialog.

func TestKeePassXC(t *testing.T) {
	t.Parallel()
	consents(t, func(h *home, display *keyringtest.Display) error {
		return h.bus.StartKeePassXC(keyringtest.KeePassXC{
			Display: display, Databases: []string{"keys"}, Password: loginPassword, ConfirmAccess: true,
		})
	}, dialog{"Access Request", "", "Return"}, dialog{"Unlock Database", loginPassword, "Return"})
}

func TestKWallet(t *testing.T) {
	t.Parallel()
	consents(t, func(h *home, display *keyringtest.Display) error {
		return h.bus.StartKWallet(display, loginPassword, h.env["XDG_DATA_HOME"])
	}, dialog{"KDE Wallet", loginPassword, "Return"})
}

// dialog is a dialog with the title that matches title, and the text and the
// key that are typed to agree.
type dialog struct{ title, text, key string }

// consents stores, reads, rotates and removes a key in a keyring that shows
// these dialogs.
func consents(t *testing.T, start func(*home, *keyringtest.Display) error, dialogs ...dialog) {
	t.Helper()
	srv := newSTS(t)
	h := newHome(t, srv.URL())
	delete(h.env, "AWSEXEC_PASSPHRASE")
	h.env["AWSEXEC_KEYSTORE"] = "keyring"
	display, err := keyringtest.StartDisplay()
	requirePart(t, err)
	t.Cleanup(display.Close)
	startBus(h)
	requirePart(t, start(h, display))
	h.config("[profile work]", "region = eu-west-1")
	u := h.newcomer(srv, false)
	agree := func() (stop func()) {
		var stops []func()
		for _, d := range dialogs {
			stops = append(stops, display.Answer(d.title, d.text, d.key))
		}
		return func() {
			for _, stop := range stops {
				stop()
			}
		}
	}

	stop := agree()
	h.add("work", u.keyID, u.secret)
	h.is("work", u)
	h.must("rotate", "work", "--yes")
	if id := h.isOnlyKeyOf(srv, "work", u); id == u.keyID {
		t.Error("the key was not replaced")
	}
	stop()

	if err := h.bus.LockAll(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-p", "work", "--no-prompt"}, {"remove", "work", "--yes", "--no-prompt"}, {"rotate", "work", "--yes", "--no-prompt"}} {
		r := h.run(args...)
		r.fails(t, 125, "locked: ", "prompts are switched off", "hint: ")
		for _, d := range dialogs {
			if shown := display.Windows(d.title); len(shown) > 0 || r.took > 20*time.Second {
				t.Errorf("%q took %v and shows %q", args, r.took, shown)
			}
		}
	}

	defer agree()()
	h.must("remove", "work", "--yes")
	if r := h.run("list"); strings.Contains(r.stdout, "work") {
		t.Errorf("the key is listed after its removal:\n%s", r.stdout)
	}
	h.run("-p", "work").fails(t, 125, `profile "work"`)
}
