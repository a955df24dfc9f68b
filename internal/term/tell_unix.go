//go:build unix

package term

import (
	"golang.org/x/sys/unix"

	"github.com/awsexec/awsexec/internal/visible"
)

// Tell writes one line to the terminal that Ask would ask on, wherever stdout and
// stderr lead. The error wraps ErrNoTerminal if Ask could not ask, and ErrBusy
// while somebody asks there.
func Tell(line string) error {
	t, err := openTTY()
	if err != nil {
		return err
	}
	defer t.close()
	if t.busy() {
		return ErrBusy
	}
	_, err = unix.Write(t.fd, []byte(visible.Text(line)+"\n"))
	return err
}

// Busy reports whether somebody, perhaps another process, asks for a secret on the
// terminal of this process, or edits a line or a page there: what is written then
// ends up in the middle of it.
func Busy() bool {
	fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	t := &tty{fd: fd}
	defer t.close()
	return t.busy()
}

// busy reports whether keys that are typed are not shown, or not collected to
// lines.
func (t *tty) busy() bool {
	modes, err := unix.IoctlGetTermios(t.fd, getTermios)
	return err == nil && modes.Lflag&(unix.ECHO|unix.ICANON) != unix.ECHO|unix.ICANON
}

// Present reports whether Ask can ask somebody.
func Present() bool {
	t, err := openTTY()
	if err == nil {
		t.close()
	}
	return err == nil
}

// Typed reports whether a shell on the terminal runs this process as a job in the
// foreground, so that a person has just typed its command. Programs do not make
// such jobs of the processes that they start.
func Typed() bool {
	session, err := unix.Getsid(0)
	if err != nil || session == unix.Getpid() || unix.Getpgrp() != unix.Getpid() {
		return false
	}
	t, err := openTTY()
	if err != nil {
		return false
	}
	t.close()
	return true
}
