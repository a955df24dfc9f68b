//go:build unix

package script

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/awsexec/awsexec/internal/ststest"
)

// onTerminal is the command terminal: it runs a command with a terminal as its
// controlling terminal and, unless its first argument is -piped, as its
// standard streams. The lines of the file are steps: "? TEXT" waits until the
// terminal shows TEXT, "= TEXT" types TEXT and Enter, "^ C" types a control
// character, "! TERM" sends SIGTERM, "% ARG…" is the command aws ARG…, "> FILE
// TEXT" adds a line to a file. ${shown:code} is the code that the page of a login
// session shows, which the terminal has named. The script gets the terminal's
// output as standard output. With -piped, the command's own standard output is
// in the file "piped".
func onTerminal(ts *testscript.TestScript, neg bool, args []string) {
	piped := len(args) > 0 && args[0] == "-piped"
	if piped {
		args = args[1:]
	}
	if len(args) < 2 {
		ts.Fatalf("usage: terminal [-piped] FILE COMMAND…")
	}
	master, slave, err := pty.Open()
	ts.Check(err)
	defer master.Close()
	path, err := exec.LookPath(args[1])
	if args[1] == "awsexec" {
		path, err = ts.Getenv("BIN")+"/awsexec", nil
	}
	ts.Check(err)
	cmd := &exec.Cmd{Path: path, Args: args[1:], Dir: ts.MkAbs("."), Env: environ(ts), WaitDelay: limit}
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	if piped {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, &out, &out
	}
	cmd.ExtraFiles = []*os.File{slave}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	ts.Check(cmd.Start())
	kill := func() { _ = cmd.Process.Kill() }
	defer time.AfterFunc(limit, kill).Stop()
	defer kill() // in case the script ends early

	// The slave stays open here until the command has ended, so that its last
	// output can be read.
	screen := newScreen(master)
	script := ts.ReadFile(args[0])
	for line := range strings.Lines(script) {
		verb, text, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		text = os.Expand(text, func(name string) string {
			if name == "shown:code" {
				return shownCode(ts, screen.text())
			}
			return lookup(ts, name)
		})
		switch verb {
		case "?":
			if !screen.wait(text) {
				ts.Fatalf("the terminal does not show %q, but:\n%s", text, screen.text())
			}
		case "=":
			_, err = io.WriteString(master, text+"\n")
		case "^":
			_, err = master.Write([]byte{text[0] & 0x1f})
		case "!":
			err = cmd.Process.Signal(syscall.SIGTERM)
		case "%":
			controlAWS(ts, false, strings.Fields(text))
		case ">":
			name, line, _ := strings.Cut(text, " ")
			file, openErr := os.OpenFile(ts.MkAbs(name), os.O_APPEND|os.O_WRONLY, 0)
			ts.Check(openErr)
			_, err = io.WriteString(file, line+"\n")
			ts.Check(file.Close())
		case "", "#":
		default:
			ts.Fatalf("%s: unknown step %q", args[0], verb)
		}
		ts.Check(err)
	}
	code := ts.Value(codeKey{}).(*int)
	*code = 0
	if err := cmd.Wait(); err != nil {
		*code = cmd.ProcessState.ExitCode()
	}
	slave.Close()
	screen.close()
	shown := strings.ReplaceAll(screen.text(), "\r\n", "\n")
	fmt.Fprint(ts.Stdout(), shown)
	ts.Check(os.WriteFile(ts.MkAbs("piped"), out.Bytes(), 0o600))
	switch {
	case strings.Contains(shown, ststest.Marker):
		ts.Fatalf("a secret on the terminal:\n%s", shown)
	case neg && *code == 0:
		ts.Fatalf("unexpected success:\n%s", shown)
	case !neg && *code != 0:
		ts.Fatalf("unexpected exit code %d:\n%s", *code, shown)
	}
}

// lookup returns a variable of the script, or the current code of a user's MFA
// device: ${code:bob}.
func lookup(ts *testscript.TestScript, name string) string {
	if user, ok := strings.CutPrefix(name, "code:"); ok {
		return ststest.TOTP([]byte("seed of "+user), time.Now())
	}
	return ts.Getenv(name)
}

// environ returns the environment for a command of the script.
func environ(ts *testscript.TestScript) []string {
	ts.Check(ts.Exec("env"))
	return strings.Split(strings.TrimSuffix(ts.ReadFile("stdout"), "\n"), "\n")
}

// screen collects the output of a terminal.
type screen struct {
	mu    sync.Mutex
	shown []byte
	seen  int           // how much of shown wait has passed
	grown chan struct{} // holds an element after shown has grown
	ended chan struct{} // closed at the end of the output
}

func newScreen(master *os.File) *screen {
	s := &screen{grown: make(chan struct{}, 1), ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			s.mu.Lock()
			s.shown = append(s.shown, buf[:n]...)
			s.mu.Unlock()
			select {
			case s.grown <- struct{}{}:
			default:
			}
			if err != nil { // EIO on Linux: no process has the terminal open any more
				return
			}
		}
	}()
	return s
}

// wait waits until the screen shows text after the text of the previous wait.
func (s *screen) wait(text string) bool {
	timeout := time.After(limit)
	for {
		s.mu.Lock()
		i := bytes.Index(s.shown[s.seen:], []byte(text))
		if i >= 0 {
			s.seen += i + len(text)
		}
		s.mu.Unlock()
		if i >= 0 {
			return true
		}
		select {
		case <-s.grown:
		case <-timeout:
			return false
		}
	}
}

// close waits until all output has been read.
func (s *screen) close() {
	select {
	case <-s.ended:
	case <-time.After(limit):
	}
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.shown)
}
