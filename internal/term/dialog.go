package term

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"

	"github.com/awsexec/awsexec/internal/visible"
)

// DialogPrompt is a question in a desktop dialog. What is typed is not shown. Title and Text are one line each; what does not print is
// shown as visible.Text does.
type DialogPrompt struct {
	Title string
	Text  string // what is asked for, in full
}

// dialog is a program that can show a dialog.
type dialog struct {
	name string // as look finds it
	// ask runs the program at path and returns the answer, ErrCancelled when the human said no, or any other error when
	// the program could not ask.
	ask func(ctx context.Context, path string, env []string, p DialogPrompt) (string, error)
}

// AskDialog asks in a desktop dialog, with the first program of its kind that look (as exec.LookPath)
// finds and that works: pinentry, zenity or kdialog where there is a display, osascript, PowerShell. env is the
// environment of that program, as in os.Environ: without the caller's secrets, but with what leads to the desktop.
//
// It returns ErrCancelled when the human cancels, an error that wraps ErrNoDialog when nothing can show a dialog, and ctx's
// cause when ctx ends; the program and its children are killed then. The answer may be empty. No text can become an
// option, a command or markup of such a program.
func AskDialog(ctx context.Context, env []string, look func(name string) (string, error), p DialogPrompt) (string, error) {
	return askWith(ctx, dialogs(runtime.GOOS, env), env, look, p)
}

func askWith(ctx context.Context, ds []dialog, env []string, look func(string) (string, error), p DialogPrompt) (string, error) {
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

// dialogs lists, best first, the programs that can show a dialog on the desktop of goos (as runtime.GOOS) to which env
// leads: none where there is no desktop.
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
		{"pinentry", askPinentry}, // one for text terminals fails, since it gets none
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

// runDialog runs a dialog program, away from our terminal, and returns what it wrote, also beside an error.
func runDialog(ctx context.Context, path string, env []string, stdin string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	detach(cmd)
	cmd.Env = append([]string{}, env...) // none is not ours
	if stdin != "" {
		cmd.Stdin = strings.NewReader(stdin)
	}
	return run(ctx, cmd, maxAnswer)
}

// lineOf is the answer of a dialog program that writes it as a line, and exits with status cancelled when there is none.
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
