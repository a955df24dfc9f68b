package keyring

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/bustest"
)

// TestDesktop uses the real dialogs of a desktop, on a display without a
// screen. The keyring has been killed, and the bus starts another one.
func TestDesktop(t *testing.T) {
	bustest.Needs(t, "xdotool")
	if _, err := os.Stat("/usr/share/dbus-1/services/org.gnome.keyring.SystemPrompter.service"); err != nil {
		bustest.Missing(t, "gcr-prompter")
	}
	for _, row := range []struct {
		name  string
		words []string // that are typed
		want  error
		say   string
	}{
		{"answered", []string{bustest.Password, "Return"}, nil, ""},
		{"dismissed", []string{"Escape"}, backend.ErrRefused, "its dialog was dismissed"},
		{"left alone", nil, backend.ErrLocked, "nobody answered its dialog in "},
	} {
		t.Run(row.name, func(t *testing.T) {
			display := "DISPLAY=" + startDisplay(t) // its own: a key may come late
			b := bustest.StartIn(t, bustest.Home(t), bustest.SystemServices, display)
			daemon := b.StartKeyring(t)
			s := open(t, testOptions())
			mustPut(t, s, "dev", secret1)
			b.Await(t, secretsName, func() { _ = daemon.Kill() })
			ctx := t.Context()
			if row.words == nil {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 4*time.Second)
				defer cancel()
			} else {
				defer typeAgainAndAgain(t, display, row.words...)()
			}
			got, err := s.Get(ctx, "dev")
			if !errors.Is(err, row.want) || err != nil && !strings.Contains(err.Error(), row.say) || err == nil && got != secret1 {
				t.Errorf("%v, want %v that says %q", err, row.want, row.say)
			}
		})
	}
}

// startDisplay starts an X server on a display that it chooses itself, and
// returns its name.
func startDisplay(t *testing.T) string {
	t.Helper()
	bustest.Needs(t, "Xvfb")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	_ = r.SetReadDeadline(time.Now().Add(30 * time.Second))
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return ":" + strings.TrimSpace(number)
}

// typeAgainAndAgain types into whatever dialog is up until stop is called: a
// window can be there before it listens to the keyboard. The last word is the
// name of a key.
func typeAgainAndAgain(t *testing.T, display string, words ...string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	args := []string{"search", "--onlyvisible", "--name", ".", "windowfocus", "--sync", "%1"}
	if len(words) > 1 {
		args = append(args, "key", "--delay", "0", "--repeat", "40", "BackSpace", "type", "--delay", "5", words[0])
	}
	go func() {
		defer close(done)
		for again := time.NewTicker(500 * time.Millisecond); ctx.Err() == nil; <-again.C {
			find := exec.CommandContext(ctx, "xdotool", args...)
			find.Env = append(os.Environ(), display)
			if find.Run() != nil {
				continue // no window yet
			}
			key := exec.CommandContext(ctx, "xdotool", "key", words[len(words)-1])
			key.Env = find.Env
			_ = key.Run()
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
