//go:build unix

package term

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

var asked = DialogPrompt{Title: "-awsexec", Text: "code of \"me_1\" 100% \\n <b> $(id) `id`"}

// fakes creates a directory of programs. Each body is a shell script.
func fakes(t *testing.T, bodies map[string]string) (look func(string) (string, error), dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, body := range bodies {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return func(name string) (string, error) { return exec.LookPath(filepath.Join(dir, name)) }, dir
}

// reply returns the body of a pinentry that answers GETPIN with lines.
func reply(lines ...string) string {
	return "echo OK hello\nfor c in 1 2 3; do read -r l; echo OK; done\nread -r l; cat <<'END'\n" + strings.Join(lines, "\n") + "\nEND"
}

func TestAskDialog(t *testing.T) {
	if len(dialogs("linux", []string{"DISPLAY=:0"})) == 0 {
		t.Fatal("no dialogs on a desktop")
	}
	const code = "echo 123456"
	tests := []struct {
		name     string
		programs map[string]string
		want     string
		err      error
	}{
		{"pinentry", map[string]string{"pinentry-qt": reply("S ok", "D 1%252%0A", "D 3", "OK")}, "1%2\n3", nil},
		{"pinentry, empty", map[string]string{"pinentry-qt": reply("OK")}, "", nil},
		{"pinentry, no title", map[string]string{"pinentry": "echo OK; echo ERR 1; echo OK; echo OK; echo D 1; echo OK"}, "1", nil},
		{"pinentry, cancelled", map[string]string{"pinentry-qt": reply("ERR 83886179 Operation cancelled"), "zenity": code}, "", ErrCancelled},
		{"pinentry, closed", map[string]string{"pinentry-qt": reply("ERR 83886194 Not confirmed"), "zenity": code}, "", ErrCancelled},
		{"pinentry for text", map[string]string{"pinentry": reply("ERR 83918950 Inappropriate ioctl"), "zenity": code}, "123456", nil},
		{"pinentry, garbage", map[string]string{"pinentry": "echo garbage; cat >/dev/null", "zenity": code}, "123456", nil},
		{"pinentry, bad escape", map[string]string{"pinentry": reply("D %zz", "OK"), "zenity": code}, "123456", nil},
		{"pinentry, dead", map[string]string{"pinentry": "exit 2", "zenity": code}, "123456", nil},
		{"pinentry, mute", map[string]string{"pinentry": "exit 0", "zenity": code}, "123456", nil},
		{"zenity, cancelled", map[string]string{"zenity": "exit $ZENITY_CANCEL", "kdialog": code}, "", ErrCancelled},
		{"zenity, no display", map[string]string{"zenity": "exit 1", "kdialog": code}, "123456", nil},
		{"zenity, too much", map[string]string{"zenity": "while :; do echo 123456; done", "kdialog": code}, "123456", nil},
		{"kdialog, cancelled", map[string]string{"kdialog": "exit 1"}, "", ErrCancelled},
		{"kdialog, no display", map[string]string{"kdialog": "kill -ABRT $$"}, "", ErrNoDialog},
		{"no program at all", nil, "", ErrNoDialog},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			look, _ := fakes(t, tt.programs)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			got, err := askLinux(ctx, []string{"DISPLAY=:0", "PATH=" + os.Getenv("PATH")}, look)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v; want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

// askLinux is AskDialog as on Linux, whatever system the test runs on.
func askLinux(ctx context.Context, env []string, look func(string) (string, error)) (string, error) {
	return askWith(ctx, dialogs("linux", env), env, look, asked)
}

func TestAskDialogNeedsADesktop(t *testing.T) {
	look := func(name string) (string, error) {
		t.Errorf("looked for %s", name)
		return "", exec.ErrNotFound
	}
	if _, err := askLinux(t.Context(), []string{"DISPLAY=", "HOME=/"}, look); !errors.Is(err, ErrNoDialog) {
		t.Errorf("got %v", err)
	}
}

func TestDialogArguments(t *testing.T) {
	const record = `for a; do printf '%s|' "$a"; done >"$0.args"; env >"$0.env"; cat >"$0.stdin"; `
	look, dir := fakes(t, map[string]string{
		"pinentry": record + "echo OK; echo OK; echo OK; echo OK; echo OK",
		"zenity":   record, "kdialog": record,
		"osascript":      record + "echo ok:ok:1",
		"powershell.exe": record + "printf 1",
	})
	tests := []struct {
		name       string
		ask        func(context.Context, string, []string, DialogPrompt) (string, error)
		args, want string
	}{
		{"pinentry", askPinentry, "", ""},
		{"zenity", askZenity, "--entry|--hide-text|--title=-awsexec|--text=code of \"me__1\" 100% \\\\n <b> $(id) `id`|", ""},
		{"kdialog", askKDialog, "--title=-awsexec|--password=<qt>code of &#34;me_1&#34; 100% \\\\n &lt;b&gt; $(id) `id`</qt>|", ""},
		{"osascript", askOsascript, "-|-awsexec|" + asked.Text + "|", "ok:1"},
		{"powershell.exe", askPowerShell, "-NoProfile|-NonInteractive|-STA|-EncodedCommand|", "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path, err := look(tt.name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := tt.ask(t.Context(), path, []string{"PATH=" + os.Getenv("PATH"), "ONLY=this"}, asked)
			if got != tt.want || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
			read := func(what string) string {
				data, err := os.ReadFile(filepath.Join(dir, tt.name+what))
				if err != nil {
					t.Fatal(err)
				}
				return string(data)
			}
			if args := read(".args"); !strings.HasPrefix(args, tt.args) {
				t.Errorf("arguments %q, want %q", args, tt.args)
			}
			env := read(".env")
			if !strings.Contains(env, "ONLY=this\n") || strings.Contains(env, "HOME=") {
				t.Errorf("environment %q", env)
			}
			switch stdin := read(".stdin"); tt.name {
			case "pinentry":
				if !strings.Contains(stdin, "SETTITLE -awsexec\nSETDESC code of \"me_1\" 100%25 \\n <b> $(id) `id`\n") {
					t.Errorf("commands %q", stdin)
				}
			case "osascript":
				if strings.Contains(stdin, "me_1") || !strings.Contains(stdin, "hidden answer") {
					t.Errorf("script %q", stdin)
				}
			case "powershell.exe":
				if !strings.Contains(env, "AWSEXEC_DIALOG_TEXT="+asked.Text) {
					t.Errorf("environment %q", env)
				}
			}
		})
	}
}

// No dialog gets a character that moves the cursor, reorders text or starts
// another line.
func TestDialogsShowWhatDoesNotPrint(t *testing.T) {
	hostile := DialogPrompt{Title: "awsexec: profile dev\u202e\x07", Text: "MFA code for a\nb\x1b[2J\u2066\u009b\xff: "}
	for _, d := range slices.Concat(dialogs("linux", []string{"DISPLAY=:0"}), dialogs("darwin", nil), dialogs("windows", nil)) {
		// The program records all its input in one file and gives no answer.
		look, dir := fakes(t, map[string]string{d.name: `{ printf '%s|' "$@"; env; cat; } >"$0.got"; exit 1`})
		if _, err := askWith(t.Context(), []dialog{d}, []string{"PATH=" + os.Getenv("PATH")}, look, hostile); err == nil {
			t.Errorf("%s: no error", d.name)
		}
		got, err := os.ReadFile(filepath.Join(dir, d.name+".got"))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.ContainsAny(got, "\x1b\x07\u202e\u2066\u009b") || !utf8.Valid(got) || bytes.Contains(got, []byte("a\nb")) || !bytes.Contains(got, []byte("u202e")) {
			t.Errorf("%s got %q", d.name, got)
		}
	}
}

func TestDialogsElsewhereCancelled(t *testing.T) {
	look, _ := fakes(t, map[string]string{"osascript": "cat >/dev/null; echo cancelled", "powershell.exe": "exit 77", "odd": "cat >/dev/null; echo odd"})
	for name, ask := range map[string]func(context.Context, string, []string, DialogPrompt) (string, error){
		"osascript": askOsascript, "powershell.exe": askPowerShell,
	} {
		path, err := look(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ask(t.Context(), path, nil, asked); !errors.Is(err, ErrCancelled) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	path, err := look("odd")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := askOsascript(t.Context(), path, nil, asked); err == nil {
		t.Errorf("got %q of an odd osascript", got)
	}
}

func TestAskDialogDies(t *testing.T) {
	alive := newLifeline(t)
	started := newLifeline(t)
	look, _ := fakes(t, map[string]string{
		"pinentry": `exec 3>"$ALIVE"; (sleep 1000; :) & : >"$STARTED"; wait`,
		"zenity":   "echo 123456",
	})
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		// Poll without reading: the pipe becomes readable, at its end, once a
		// process has opened and closed it.
		fds := []unix.PollFd{{Fd: int32(started.f.Fd()), Events: unix.POLLIN}}
		for fds[0].Revents&unix.POLLHUP == 0 {
			if _, err := unix.Poll(fds, 20000); err != nil && err != unix.EINTR {
				break
			}
		}
		cancel(why)
	}()
	env := append(os.Environ(), "DISPLAY=:0", "ALIVE="+alive.path, "STARTED="+started.path)
	if line, err := askLinux(ctx, env, look); !errors.Is(err, why) {
		t.Errorf("got %q, %v, want the cause of the context", line, err)
	}
	alive.ends()
}
