package keyring

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/bustest"
)

// TestDesktop uses the real dialogs of a desktop, on a display without a
// screen. The keyring has been killed, and the bus starts another one.
func TestDesktop(t *testing.T) {
	if _, err := os.Stat("/usr/share/dbus-1/services/org.gnome.keyring.SystemPrompter.service"); err != nil {
		bustest.Missing(t, "gcr-prompter")
	}
	for _, row := range []struct {
		name      string
		text, key string // that are typed
		want      error
		say       string
	}{
		{"answered", bustest.Password, "Return", nil, ""},
		{"dismissed", "", "Escape", backend.ErrRefused, "its dialog was dismissed"},
		{"left alone", "", "", backend.ErrLocked, "nobody answered its dialog in "},
	} {
		t.Run(row.name, func(t *testing.T) {
			display := bustest.StartDisplay(t) // its own: a key may come late
			b := bustest.StartIn(t, bustest.Home(t), bustest.SystemServices, "DISPLAY="+display.Name)
			daemon := b.StartKeyring(t)
			s := open(t, testOptions())
			mustPut(t, s, "dev", secret1)
			b.Await(t, secretsName, func() { _ = daemon.Kill() })
			ctx := t.Context()
			if row.key == "" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 4*time.Second)
				defer cancel()
			} else {
				defer display.Answer(".", row.text, row.key)()
			}
			got, err := s.Get(ctx, "dev")
			if !errors.Is(err, row.want) || err != nil && !strings.Contains(err.Error(), row.say) || err == nil && got != secret1 {
				t.Errorf("%v, want %v that says %q", err, row.want, row.say)
			}
		})
	}
}
