//go:build linux

package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/winetest"
)

// child checks that a program sees of itself under awsexec what it would see
// without awsexec.
func (w *windows) child(t *testing.T) {
	u := w.worker(t, newSTS(t))
	decode(t, u.exe("-p", "work"))
	bulk := strings.Repeat("all of it\x00\r\n", 1<<14)
	for _, tt := range []struct {
		name   string
		args   []string
		stdin  string
		code   int
		stdout string
	}{
		{"exit 0", []string{"exit", "0"}, "", 0, ""},
		{"exit 7", []string{"exit", "7"}, "", 7, ""},
		{"exit 255", []string{"exit", "255"}, "", 255, ""},
		{"stdin", []string{"cat"}, bulk, 0, bulk},
		{"arguments", []string{"args", "--", "-p", "x", "", "a b", `q"uo"te`, `tail\`, `\\"`, "%PATH%", "a&b|c^", "*", "é日🔑"}, "", 0,
			strings.Join([]string{`"--"`, `"-p"`, `"x"`, `""`, `"a b"`, `"q\"uo\"te"`, `"tail\\"`, `"\\\\\""`, `"%PATH%"`, `"a&b|c^"`, `"*"`, `"é日🔑"`, ""}, "\n")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := u.program(command{name: w.awsexec, args: u.with(tt.args...), stdin: tt.stdin}).wait()
			if r.code != tt.code || r.stdout != tt.stdout {
				t.Errorf("exit code %d, stdout %.300q; want %d, %.300q", r.code, r.stdout, tt.code, tt.stdout)
			}
			if r.stderr != "" {
				t.Errorf("awsexec wrote to stderr:\n%s", r.stderr)
			}
		})
	}
	// A Windows program sees 32 bits of the exit code. 3221225786 is the exit
	// code of a program that Ctrl-C ended.
	for _, code := range []string{"256", "1000", "3221225786", "4294967295"} {
		args := slices.Concat([]string{"run", winetest.Path(w.awsexec)}, u.with("exit", code))
		if r := u.program(command{name: w.probe, args: args}).wait(); r.stdout != "ended with "+code+".\n" {
			t.Errorf("exit code %s: %s%s", code, r.stdout, r.stderr)
		}
	}
	onPath := command{name: w.awsexec, args: []string{"-p", "work", "--", "winprobe", "args", "found"}, env: []string{"WINEPATH=" + winetest.Path(w.dir)}}
	if r := u.program(onPath).wait(); r.code != 0 || r.stdout != "\"found\"\n" {
		t.Errorf("on the PATH, by PATHEXT: exit code %d, %s%s", r.code, r.stdout, r.stderr)
	}
}

// childCannotStart checks that the exit code is 127 for a missing program and
// 126 for one that cannot be run, and that neither gets a session.
func (w *windows) childCannotStart(t *testing.T) {
	srv := newSTS(t)
	u := w.worker(t, srv)
	for name, tt := range map[string]struct {
		path string
		code int
		say  string
	}{
		"not on the PATH":          {"no-such-program", 127, "no-such-program"},
		"no such file":             {winetest.Path(u.path("gone.exe")), 127, "gone.exe"},
		"not a program":            {winetest.Path(u.write("text", "notes.exe")), 126, "notes.exe"},
		"directory":                {winetest.Path(u.dir), 126, "directory"},
		"in the current directory": {"notes", 126, `.\`},
	} {
		u.exe("-p", "work", "--", tt.path).fails(t, tt.code, tt.say)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// batchFile checks that shims of npm and others run, with the arguments that a
// shell would pass, and that no argument is run as a command. Wine's cmd.exe
// does not show how Microsoft's parses " and %. The command line has its own
// test.
func (w *windows) batchFile(t *testing.T) {
	u := w.worker(t, newSTS(t))
	for _, name := range []string{"shim.cmd", "shim bat.bat"} {
		text := "@ECHO off\r\nSETLOCAL\r\n\"%~dp0winprobe.exe\" args %*\r\nEXIT /b 5\r\n"
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"plain", "--flag", "", "a b", "k=v,w;x", `tail\`, `C:\a b\`, "x&echo INJECTED", "a|b", "a>b<c", "^", "(!a!)", "é日", "last"}
	want := ""
	for _, arg := range args {
		want += fmt.Sprintf("%q\n", arg)
	}
	for _, program := range []string{"shim", "shim bat", winetest.Path(filepath.Join(w.dir, "shim.cmd")), filepath.ToSlash(winetest.Path(filepath.Join(w.dir, "shim bat.bat")))} {
		c := command{name: w.awsexec, args: slices.Concat([]string{"-p", "work", "--", program}, args), env: []string{"WINEPATH=" + winetest.Path(w.dir)}}
		if r := u.program(c).wait(); r.code != 5 || r.stdout != want || r.stderr != "" {
			t.Errorf("%s: exit code %d, want 5; stdout\n%s\nwant\n%s\nstderr:\n%s", program, r.code, r.stdout, want, r.stderr)
		}
	}
	shim := winetest.Path(filepath.Join(w.dir, "shim.cmd"))
	for _, arg := range []string{`"&echo INJECTED&"`, `%OS%"&echo INJECTED`} {
		r := u.exe("-p", "work", "--", shim, arg)
		if slices.ContainsFunc(strings.Split(r.stdout, "\n"), func(line string) bool { return strings.HasPrefix(line, "INJECTED") }) {
			t.Errorf("%q is run as a command:\n%s", arg, r.stdout)
		}
	}
	u.exe("-p", "work", "--", shim, "two\nlines").fails(t, 126, "shim.cmd", "a line break")
}

// childEnvironment checks that from an environment full of other identities,
// with names in any case, the child gets exactly one identity and an otherwise
// unchanged environment.
func (w *windows) childEnvironment(t *testing.T) {
	u := w.worker(t, newSTS(t))
	c := decode(t, u.exe("-p", "work", "--region", "eu-west-3"))
	dirty := []string{"aws_profile=other", "Aws_Session_Token=other", "AWS_SECURITY_TOKEN=other", "AwsExec_Passphrase=other", "AWS_DEFAULT_REGION=us-east-1"}
	kept := []string{"EMPTY=", "Mixed_Case=a=b", "ÜMLAUT=ß日", "AWS_PAGER=less"}
	plain := u.program(command{name: w.probe, args: []string{"env"}, env: kept}).wait()
	r := u.program(command{name: w.awsexec, args: append([]string{"--region", "eu-west-3"}, u.with("env")...), env: slices.Concat(dirty, kept)}).wait()
	if plain.code != 0 || r.code != 0 {
		t.Fatalf("exit codes %d, %d, stderr:\n%s", plain.code, r.code, r.stderr)
	}
	got, want := strings.Split(r.stdout, "\n"), strings.Split(plain.stdout, "\n")
	for _, kv := range []string{
		"AWS_ACCESS_KEY_ID=" + c.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey, "AWS_SESSION_TOKEN=" + c.SessionToken,
		"AWS_CREDENTIAL_EXPIRATION=" + c.Expires.Add(time.Minute).UTC().Format(time.RFC3339), "AWS_REGION=eu-west-3", "AWS_DEFAULT_REGION=eu-west-3", "AWSEXEC_PROFILE=work",
		"AWSEXEC_GIVEN=AWS_ACCESS_KEY_ID", "AWSEXEC_SETTINGS=AWS_REGION AWS_DEFAULT_REGION",
	} {
		want = append(want, fmt.Sprintf("%q", kv))
	}
	for i, kv := range got {
		if strings.HasPrefix(kv, `"AWSEXEC_GIVEN=`) || strings.HasPrefix(kv, `"AWSEXEC_SETTINGS=`) {
			got[i] = checksum.ReplaceAllString(kv, "")
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("environment differs:\nonly in the child: %q\nmissing in it: %q", minus(got, want), minus(want, got))
	}
}

// ctrlC checks that Ctrl-C on the console is one event for the child, and that
// awsexec waits for the child to end.
func (w *windows) ctrlC(t *testing.T) {
	u := w.worker(t, newSTS(t))
	decode(t, u.exe("-p", "work"))
	args := slices.Concat([]string{"press", winetest.Path(w.awsexec)}, u.with("events"))
	r := u.program(command{name: w.probe, args: args, lingers: true}).wait() // Wine's console process
	if want := "ready.\nevent 0.\ntotal 1.\nended with 7.\n"; r.stdout != want || r.stderr != "" {
		t.Errorf("got\n%s\nwant\n%s\nstderr:\n%s", r.stdout, want, r.stderr)
	}
}

// killed checks that killing awsexec, as an IDE's stop button does, also kills
// the child.
func (w *windows) killed(t *testing.T) {
	u := w.worker(t, newSTS(t))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	p := u.program(command{name: w.awsexec, args: u.with("hold", listener.Addr().String())})
	if err := listener.(*net.TCPListener).SetDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	child, err := listener.Accept()
	if err != nil {
		_ = p.cmd.Process.Kill()
		t.Fatalf("%v; stderr:\n%s", err, p.wait().stderr)
	}
	defer child.Close()
	if err := child.SetReadDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	if _, err := child.Read(make([]byte, 1)); err != nil { // the child is tied to awsexec before it says hello
		t.Fatal(err)
	}
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.wait()
	if _, err := child.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Errorf("the child still lives: %v", err)
	}
}
