package term

import (
	"golang.org/x/sys/windows"

	"github.com/awsexec/awsexec/internal/visible"
)

// Tell writes one line to the console of this process, wherever stdout and stderr
// lead. The error wraps ErrNoTerminal if there is none, and ErrBusy while somebody
// asks there.
func Tell(line string) error {
	out, err := openConsole("CONOUT$")
	if err != nil {
		return err
	}
	defer windows.CloseHandle(out)
	if Busy() {
		return ErrBusy
	}
	return show(out, visible.Text(line)+"\r\n")
}

// Busy reports whether somebody, perhaps another process, asks on the console of
// this process: what is written then ends up in the middle of it.
func Busy() bool {
	in, err := openConsole("CONIN$")
	if err != nil {
		return false
	}
	defer windows.CloseHandle(in)
	var mode uint32
	return windows.GetConsoleMode(in, &mode) == nil && mode&windows.ENABLE_ECHO_INPUT == 0
}

// Present reports whether Ask can ask somebody.
func Present() bool {
	in, err := openConsole("CONIN$")
	if err == nil {
		windows.CloseHandle(in)
	}
	return err == nil
}

// Typed reports whether a person has just typed the command of this process, which
// cannot be known on Windows.
func Typed() bool { return false }
