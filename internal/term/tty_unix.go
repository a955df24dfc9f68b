//go:build unix

package term

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// tty is the controlling terminal. We open it ourselves, so that its
// non-blocking mode affects no other process.
type tty struct {
	fd      int
	armed   bool
	before  unix.Termios // the original modes
	ours    unix.Termios // the modes that arm set
	suspend byte         // ends a line while armed, and suspends; 0 means none
}

func openTTY() (*tty, error) {
	fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: /dev/tty: %w", ErrNoTerminal, err)
	}
	t := &tty{fd: fd}
	if err := t.foreground(); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *tty) close() { unix.Close(t.fd) }

// foreground returns an error unless this process may read the terminal and
// change its modes.
func (t *tty) foreground() error {
	group, err := unix.IoctlGetInt(t.fd, unix.TIOCGPGRP)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEOF, err) // hung up
	}
	if group != unix.Getpgrp() {
		return fmt.Errorf("%w: running in its background", ErrNoTerminal)
	}
	return nil
}

// arm makes the terminal collect a line with the usual editing, echo and
// Ctrl-C, but without echo for a secret.
//
// A process that is stopped while it asks for a secret must turn echo on first.
// Therefore Ctrl-Z is not a signal then. It ends the line, and the reader
// suspends the process. From outside, kill -TSTP stops us without that; shells
// then set the modes that they need.
func (t *tty) arm(secret bool) error {
	if err := t.foreground(); err != nil {
		return err
	}
	t.disarm(false)
	before, err := unix.IoctlGetTermios(t.fd, getTermios)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrEOF, err)
	}
	want := *before
	want.Iflag |= unix.ICRNL
	// Without NOFLSH, Ctrl-C drops output that is still on its way: what is said
	// about it, perhaps.
	want.Lflag |= unix.ICANON | unix.ISIG | unix.ECHO | unix.NOFLSH
	t.suspend = 0
	if secret {
		want.Lflag &^= unix.ECHO | unix.ECHONL
		if key := want.Cc[unix.VSUSP]; key != disabledKey {
			t.suspend = key
			want.Cc[unix.VEOL], want.Cc[unix.VSUSP] = key, disabledKey
		}
	}
	t.before, t.ours, t.armed = *before, want, true
	if err := unix.IoctlSetTermios(t.fd, setTermios, &want); err != nil {
		return fmt.Errorf("terminal modes: %w", err)
	}
	return nil
}

// disarm undoes arm. With flush it discards what was typed and not read. It
// reports whether the terminal is still ours. If another process group is in
// the foreground by now, or if another process changed the modes, disarm leaves
// them alone.
func (t *tty) disarm(flush bool) bool {
	if !t.armed || t.foreground() != nil {
		return false
	}
	t.armed = false
	if flush {
		flushInput(t.fd)
	}
	if now, err := unix.IoctlGetTermios(t.fd, getTermios); err == nil && *now == t.ours {
		unix.IoctlSetTermios(t.fd, setTermios, &t.before)
	}
	return true
}
