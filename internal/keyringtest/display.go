package keyringtest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Display is an X server without a screen, on which keyrings show their
// dialogs.
type Display struct {
	Name   string // the value for DISPLAY
	server *exec.Cmd
}

// StartDisplay starts an X server on a display that it chooses itself. If a
// program is not installed, the error wraps [ErrMissing]. The caller must Close
// the display.
func StartDisplay() (*Display, error) {
	for _, program := range []string{"Xvfb", "xdotool"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("%s: %w", program, ErrMissing)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	d := &Display{server: exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp")}
	d.server.ExtraFiles = []*os.File{w}
	err = d.server.Start()
	w.Close()
	if err != nil {
		return nil, err
	}
	_ = r.SetReadDeadline(time.Now().Add(startTime))
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		d.Close()
		return nil, fmt.Errorf("no display from Xvfb: %w", err)
	}
	d.Name = ":" + strings.TrimSpace(number)
	return d, nil
}

// Close ends the X server.
func (d *Display) Close() {
	_ = d.server.Process.Kill()
	_ = d.server.Wait()
}

// Windows returns the names of the windows that match the regular expression
// window.
func (d *Display) Windows(window string) []string {
	out, _ := d.command(context.Background(), "search", "--onlyvisible", "--name", window, "getwindowname", "%@").Output()
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
}

// Dismiss presses Escape in all windows that match the regular expression
// window until there are none.
func (d *Display) Dismiss(window string) {
	stop := d.Answer(window, "", "Escape")
	defer stop()
	for again := time.NewTicker(100 * time.Millisecond); len(d.Windows(window)) > 0; <-again.C {
	}
}

// Answer answers every dialog whose title matches the regular expression
// window, until stop is called: it types text, if there is any, and presses a
// key. It does so again and again, because a window can be there before it
// listens to the keyboard.
func (d *Display) Answer(window, text, key string) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	focus := []string{"search", "--onlyvisible", "--name", window, "windowfocus", "--sync", "%1"}
	if text != "" {
		focus = append(focus, "key", "--delay", "0", "--repeat", "40", "BackSpace", "type", "--delay", "5", text)
	}
	go func() {
		defer close(done)
		for again := time.NewTicker(300 * time.Millisecond); ctx.Err() == nil; <-again.C {
			if d.command(ctx, focus...).Run() == nil { // otherwise there is no window yet
				_ = d.command(ctx, "key", key).Run()
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

func (d *Display) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "xdotool", args...)
	cmd.Env = d.environ(os.Environ())
	return cmd
}

func (d *Display) environ(environ []string) []string {
	return append(slices.Clip(environ), "DISPLAY="+d.Name)
}
