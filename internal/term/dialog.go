package term

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/awsexec/awsexec/internal/program"
	"github.com/awsexec/awsexec/internal/visible"
)

// DialogPrompt is a question in a desktop dialog, which does not show what is
// typed. Title and Text are one line each. Characters that are not printable
// are shown as visible.Text shows them.
type DialogPrompt struct {
	Title string
	Text  string // the full question
}

// dialog is a program that can show a dialog.
type dialog struct {
	name string // the name to look for
	// ask runs the program at path and returns the answer, ErrCancelled if the
	// user cancelled, or any other error if the program could not ask.
	ask func(ctx context.Context, path string, env []string, p DialogPrompt) (string, error)
}

// AskDialog asks in a desktop dialog. It uses the first program that look finds
// and that works: pinentry, zenity or kdialog on a display, osascript, or
// PowerShell. The function look works like exec.LookPath. The program gets the
// environment env, in the form of os.Environ, which must lead to the desktop
// and should not hold the caller's secrets.
//
// AskDialog returns ErrCancelled if the user cancels, an error that wraps
// ErrNoDialog if no program can show a dialog, and the cause of ctx when ctx
// ends, after it has killed the program and its children. The answer may be
// empty. No text can act as an option, a command or markup in such a program.
func AskDialog(ctx context.Context, env []string, look func(name string) (string, error),
	p DialogPrompt) (string, error) {
	return askWith(ctx, dialogs(runtime.GOOS, env), env, look, p)
}

// HasDialog reports whether there is a desktop, and a program in path that shows a
// dialog on it. Whether that works shows only when it is asked.
func HasDialog(env []string, path string) bool {
	for _, d := range dialogs(runtime.GOOS, env) {
		for _, dir := range filepath.SplitList(path) {
			if _, err := exec.LookPath(filepath.Join(dir, d.name)); err == nil && filepath.IsAbs(dir) {
				return true
			}
		}
	}
	return false
}

func askWith(ctx context.Context, ds []dialog, env []string, look func(string) (string, error),
	p DialogPrompt) (string, error) {
	p.Title, p.Text = visible.Text(p.Title), visible.Text(p.Text)
	var tried []string
	for _, d := range ds {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		path, err := look(d.name)
		if err != nil {
			continue
		}
		line, err := d.ask(ctx, path, env, p)
		switch {
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		case err == nil, errors.Is(err, ErrCancelled):
			return line, err
		}
		tried = append(tried, fmt.Sprintf("%s: %v", d.name, err))
	}
	if tried != nil {
		return "", fmt.Errorf("%w (%s)", ErrNoDialog, strings.Join(tried, "; "))
	}
	return "", ErrNoDialog
}

// dialogs lists, best first, the programs that can show a dialog on the desktop
// that env leads to. It is empty if env leads to no desktop. The values of goos
// are those of runtime.GOOS.
func dialogs(goos string, env []string) []dialog {
	switch goos {
	case "darwin":
		return []dialog{{"osascript", askOsascript}}
	case "windows":
		return []dialog{{"powershell.exe", askPowerShell}, {"pwsh.exe", askPowerShell}}
	}
	if !hasValue(env, "DISPLAY") && !hasValue(env, "WAYLAND_DISPLAY") {
		return nil
	}
	return []dialog{
		{"pinentry-gnome3", askPinentry},
		{"pinentry-qt", askPinentry},
		{"pinentry-qt6", askPinentry},
		{"pinentry-qt5", askPinentry},
		{"pinentry-gtk", askPinentry},
		{"pinentry-gtk-2", askPinentry},
		{"pinentry-x11", askPinentry},
		{"pinentry", askPinentry}, // a pinentry for text terminals fails here, because it gets no terminal
		{"zenity", askZenity},
		{"kdialog", askKDialog},
	}
}

func hasValue(env []string, name string) bool {
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, name+"="); ok && value != "" {
			return true
		}
	}
	return false
}

// runDialog runs a dialog program, away from our terminal, and returns what it
// wrote, even together with an error.
func runDialog(ctx context.Context, path string, env []string, stdin string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	program.Detach(cmd)
	cmd.Env = append([]string{}, env...) // not nil: nil would mean our own environment
	if stdin != "" {
		cmd.Stdin = strings.NewReader(stdin)
	}
	return run(ctx, cmd, maxAnswer)
}

// lineOf returns the answer of a dialog program that writes it as a line. The
// program exits with the status cancelled if the user cancelled.
func lineOf(out []byte, err error, cancelled int) (string, error) {
	if err == nil {
		return answer(out)
	}
	clear(out)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == cancelled {
		return "", ErrCancelled
	}
	return "", err
}
