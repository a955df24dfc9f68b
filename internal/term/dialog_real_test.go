//go:build linux

package term

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestRealDialogs lets the real programs ask on a virtual display, and types
// the answers.
func TestRealDialogs(t *testing.T) {
	xvfb, xdotool := need(t, "Xvfb"), need(t, "xdotool")
	env := append(os.Environ(), "DISPLAY="+display(t, xvfb))
	required := map[string]bool{"pinentry-gtk-2": true, "zenity": true}
	for _, d := range dialogs("linux", env) {
		path, err := exec.LookPath(d.name)
		if err != nil && required[d.name] {
			path, err = need(t, d.name), nil
		}
		if err != nil || strings.HasPrefix(d.name, "pinentry-gnome") || d.name == "pinentry" || d.name == "pinentry-x11" {
			continue // does not run here, needs a desktop's prompter, or is another name of one of these
		}
		t.Run(d.name, func(t *testing.T) {
			if got, err := atKeyboard(t, xdotool, d, path, env, "Return"); got != "123456" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
			if got, err := atKeyboard(t, xdotool, d, path, env, "Escape"); got != "" || !errors.Is(err, ErrCancelled) {
				t.Errorf("got %q, %v, want %v", got, err, ErrCancelled)
			}
			nowhere := append(os.Environ(), "DISPLAY=:nowhere")
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if got, err := d.ask(ctx, path, nowhere, asked); err == nil || errors.Is(err, ErrCancelled) || ctx.Err() != nil {
				t.Errorf("without a display: got %q, %v", got, err)
			}
		})
	}
}

// need returns the path of a program that a test needs.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" {
			t.Fatalf("%s is missing", program)
		}
		t.Skipf("%s is missing", program)
	}
	return path
}

// display starts an X server on a display number that the server chooses, and
// returns the display's name.
func display(t *testing.T, xvfb string) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command(xvfb, "-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	r.SetReadDeadline(time.Now().Add(30 * time.Second))
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return ":" + strings.TrimSpace(number)
}

// atKeyboard types a code and the key last into the dialog, again and again
// until the dialog is gone, because a window may appear before it listens to
// the keyboard.
func atKeyboard(t *testing.T, xdotool string, d dialog, path string, env []string, last string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := d.ask(ctx, path, env, asked)
		done <- result{line, err}
	}()
	for again := time.NewTicker(time.Second); ; {
		select {
		case r := <-done:
			again.Stop()
			return r.line, r.err
		case <-again.C:
			keys := exec.CommandContext(ctx, xdotool, "search", "--onlyvisible", "--name", "awsexec", "windowfocus", "--sync", "%1",
				"key", "--delay", "0", "--repeat", "20", "BackSpace", "type", "--delay", "5", "123456")
			keys.Env = env
			if keys.Run() != nil {
				continue // no window yet
			}
			key := exec.CommandContext(ctx, xdotool, "key", last)
			key.Env = env
			key.Run()
		}
	}
}
