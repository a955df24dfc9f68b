//go:build unix

package term

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// asker is a process that asks on its own terminal, with stdin, stdout and
// stderr elsewhere, together with the test that plays the user.
type asker struct {
	t        *testing.T
	keyboard *os.File // the terminal's other end
	terminal *os.File
	before   unix.Termios
	screen   chan string
	seen     string
	told     chan string // the lines of its stdout
	stdin    io.Writer
}

func start(t *testing.T, role string) *asker {
	t.Helper()
	blocking, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	// Close does not end a blocked read of a blocking file. It does for a file
	// made from a descriptor that does not block.
	fd, err := unix.FcntlInt(blocking.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	blocking.Close()
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	master := os.NewFile(uintptr(fd), "keyboard")
	a := &asker{t: t, keyboard: master, terminal: slave, screen: make(chan string, 1000)}
	a.before = a.modes()
	cmd := again(role)
	cmd.ExtraFiles = []*os.File{slave}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	a.run(cmd)
	go func() {
		defer close(a.screen)
		for buf := make([]byte, 1024); ; {
			n, err := master.Read(buf)
			if err != nil {
				return
			}
			a.screen <- string(buf[:n])
		}
	}()
	t.Cleanup(func() {
		master.Close()
		slave.Close()
	})
	return a
}

func (a *asker) run(cmd *exec.Cmd) {
	a.t.Helper()
	a.told = make(chan string, 10)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		a.t.Fatal(err)
	}
	a.stdin = stdin
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		a.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	go func() {
		defer close(a.told)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			a.told <- lines.Text()
		}
	}()
	a.t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}

func (a *asker) modes() unix.Termios {
	a.t.Helper()
	m, err := unix.IoctlGetTermios(int(a.terminal.Fd()), getTermios)
	if err != nil {
		a.t.Fatal(err)
	}
	return *m
}

func (a *asker) echoes() bool { return a.modes().Lflag&unix.ECHO != 0 }

// sees waits until text is on the screen, and forgets the screen up to the end
// of text.
func (a *asker) sees(text string) {
	a.t.Helper()
	limit := time.After(20 * time.Second)
	for {
		if _, after, ok := strings.Cut(a.seen, text); ok {
			a.seen = after
			return
		}
		select {
		case s := <-a.screen:
			a.seen += s
		case <-limit:
			a.t.Fatalf("%q is not on the screen: %q", text, a.seen)
		}
	}
}

func (a *asker) types(keys string) {
	a.t.Helper()
	if _, err := a.keyboard.WriteString(keys); err != nil {
		a.t.Fatal(err)
	}
}

// tells waits for the line want on stdout.
func (a *asker) tells(want string) {
	a.t.Helper()
	select {
	case got := <-a.told:
		if !strings.HasPrefix(got, want) {
			a.t.Fatalf("wrote %q, want %q", got, want)
		}
	case <-time.After(20 * time.Second):
		a.t.Fatalf("wrote nothing, want %q", want)
	}
}

// restored checks that the terminal modes are restored.
func (a *asker) restored() {
	a.t.Helper()
	if now := a.modes(); now != a.before {
		a.t.Errorf("terminal modes were %+v, are %+v", a.before, now)
	}
}

func TestAskOnTheTerminal(t *testing.T) {
	tests := []struct {
		name, role, keys, want string
	}{
		{"a code", "secret", "123456\n", `"123456" <nil>`},
		{"a carriage return ends a line", "secret", "123456\r", `"123456" <nil>`},
		{"backspace", "secret", "129\x7f3456\n", `"123456" <nil>`},
		{"Ctrl-U kills the line", "secret", "999\x15123456\n", `"123456" <nil>`},
		{"an empty line", "secret", "\n", `"" <nil>`},
		{"Ctrl-D", "secret", "\x04", `"" ` + ErrEOF.Error()},
		{"Ctrl-D inside a line", "secret", "12\x04\x04", `"" ` + ErrEOF.Error()},
		{"Ctrl-C", "secret", "12\x03", `"" interrupt signal received`},
		{"not a secret", "open", "AKIA\n", `"AKIA" <nil>`},
		{"not a secret, Ctrl-D", "open", "\x04", `"" ` + ErrEOF.Error()},
		{"not a secret, Ctrl-C", "open", "AK\x03", `"" interrupt signal received`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := start(t, tt.role)
			a.sees(shown)
			if a.echoes() != (tt.role == "open") {
				t.Errorf("echo is %v", a.echoes())
			}
			a.types(tt.keys)
			a.tells(tt.want)
			a.restored()
			if tt.name == "not a secret" {
				a.sees("AKIA")
			}
			a.sees("\r\n")
		})
	}
}

func TestAskShowsNoSecret(t *testing.T) {
	a := start(t, "secret")
	a.sees(shown)
	a.types("S3CR3TMARKER\n")
	a.tells(`"S3CR3TMARKER" <nil>`)
	a.sees("\n")
	if strings.Contains(a.seen, "S3CR3T") {
		t.Errorf("the screen shows %q", a.seen)
	}
}

func TestAskLeavesNoReaderBehind(t *testing.T) {
	a := start(t, "twice")
	a.sees(shown)
	a.tells(`"" context deadline exceeded`)
	a.restored()
	a.types("123456\n")
	io.WriteString(a.stdin, "go on\n")
	a.tells(`"123456" <nil>`)
	a.restored()
}

func TestAskEndsAtHangUp(t *testing.T) {
	a := start(t, "hung up")
	a.sees(shown)
	a.keyboard.Close()
	a.tells(`"" ` + ErrEOF.Error())
}

func TestAskWithoutTerminal(t *testing.T) {
	a := &asker{t: t}
	cmd := again("secret")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	begun := time.Now()
	a.run(cmd)
	a.tells(`"" ` + ErrNoTerminal.Error())
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestAskInBackground(t *testing.T) {
	a := start(t, "background")
	a.tells(`"" ` + ErrNoTerminal.Error())
	a.restored()
}

// Tell writes nothing into a prompt.
func TestTell(t *testing.T) {
	a := start(t, "told")
	a.sees(shown)
	io.WriteString(a.stdin, "go on\n")
	a.tells(`"during" ` + ErrBusy.Error())
	a.types("123456\n")
	a.tells(`"after" <nil>`)
	a.sees(shown + "\r\n")
	if strings.Contains(a.seen, "in the middle") {
		t.Errorf("the screen shows %q", a.seen)
	}
}

func TestAskSuspended(t *testing.T) {
	t.Run("fg", func(t *testing.T) {
		a := start(t, "shell")
		for range 2 {
			a.sees(shown)
			if a.echoes() {
				t.Error("echo is on")
			}
			a.types("999\x1a")
			a.tells("stopped")
			a.restored()
			io.WriteString(a.stdin, "fg\n")
		}
		a.sees(shown)
		if a.echoes() {
			t.Error("echo is on after fg")
		}
		a.types("123456\n")
		a.tells(`"123456" <nil>`)
		a.restored()
	})
	t.Run("bg", func(t *testing.T) {
		a := start(t, "shell")
		a.sees(shown)
		a.types("\x1a")
		a.tells("stopped")
		io.WriteString(a.stdin, "bg\n")
		a.tells(`"" ` + ErrNoTerminal.Error())
		a.restored()
	})
	t.Run("orphaned", func(t *testing.T) {
		a := start(t, "secret")
		a.sees(shown)
		a.types("\x1a")
		a.sees(shown)
		a.types("123456\n")
		a.tells(`"123456" <nil>`)
		a.restored()
	})
}

func TestMFAProcessUsesTheTerminal(t *testing.T) {
	a := start(t, "mfa")
	a.types("123456\n")
	a.tells(`"<123456>" <nil>`)
}
