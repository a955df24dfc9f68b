//go:build unix

package term

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"

	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/visible"
)

// Ask writes the prompt to the controlling terminal and returns the line typed
// there, without its line ending.
//
// If there is no such terminal, or this process is in its background, where a
// read would stop it, Ask returns at once with an error that wraps
// ErrNoTerminal. It returns ErrEOF after Ctrl-D or a hang-up, and the cause of
// ctx when ctx ends. In every case the terminal is restored and no goroutine
// keeps reading it. Ctrl-C stays a signal: SIGINT goes to the foreground
// process group, and the caller must end ctx on it. Ctrl-Z suspends the
// process; in the foreground again, Ask repeats the question.
//
// Only one call of Ask may run at a time.
func Ask(ctx context.Context, p Prompt) (line string, err error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	t, err := openTTY()
	if err != nil {
		return "", err
	}
	defer t.close()

	// One pipe wakes the wait for the terminal. Its write end closes with ctx;
	// a byte in it reports that the process was stopped and continues.
	wake, waker, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer wake.Close()
	defer waker.Close()
	defer context.AfterFunc(ctx, func() { waker.Close() })()
	// Only SIGCONT is caught. Once Go has caught or ignored SIGTSTP, SIGTTIN or
	// SIGTTOU it cannot restore their default action, and a later Ctrl-Z would
	// have no effect on this process or a program that it becomes.
	cont := make(chan os.Signal, 1)
	signal.Notify(cont, unix.SIGCONT)
	defer close(cont)
	defer signal.Stop(cont)
	fault.Go(func() {
		for range cont {
			waker.Write([]byte{0})
		}
	})

	a := &asking{tty: t, ctx: ctx, wake: wake, prompt: p}
	defer func() { a.end(err == nil) }()
	return a.line()
}

// asking is the state of one call of Ask.
type asking struct {
	*tty
	ctx    context.Context
	wake   *os.File
	prompt Prompt
}

var errContinued = errors.New("continued after a stop")

func (a *asking) line() (string, error) {
	buf := make([]byte, maxAnswer+2) // one byte more than the longest line, to notice a longer one
	defer clear(buf)
	for again := true; ; {
		if again {
			if err := a.put(); errors.Is(err, errContinued) {
				continue
			} else if err != nil {
				return "", err
			}
			again = false
		}
		n, err := a.read(buf)
		switch {
		case errors.Is(err, errContinued):
			again = true
		case err != nil:
			return "", err
		case a.suspend != 0 && buf[n-1] == a.suspend:
			clear(buf)
			if err := a.stop(); err != nil {
				return "", err
			}
			again = true
		default:
			return answer(buf[:n])
		}
	}
}

// put prepares the terminal and writes the question.
func (a *asking) put() error {
	if err := a.arm(a.prompt.Secret); err != nil {
		return err
	}
	return a.write(visible.Text(a.prompt.Text))
}

// read fills buf with one whole line, which ends in a newline or in the
// character that suspends, and returns its length.
func (a *asking) read(buf []byte) (int, error) {
	for n := 0; ; {
		if err := a.wait(false); err != nil {
			return 0, err
		}
		// The descriptor does not block, so that a line which another process
		// of our group took meanwhile does no harm.
		got, err := unix.Read(a.fd, buf[n:])
		switch {
		case err == unix.EAGAIN || err == unix.EINTR:
			continue
		case err != nil || got == 0:
			return 0, ErrEOF
		}
		n += got
		if last := buf[n-1]; last == '\n' || a.suspend != 0 && last == a.suspend {
			return n, nil
		}
		if n == len(buf) {
			return 0, errTooLong
		}
	}
}

func (a *asking) write(s string) error {
	for len(s) > 0 {
		if err := a.wait(true); err != nil {
			return err
		}
		n, err := unix.Write(a.fd, []byte(s))
		if err == unix.EAGAIN || err == unix.EINTR {
			continue
		}
		if err != nil {
			return ErrEOF
		}
		s = s[n:]
	}
	return nil
}

// wait returns when this process can read the terminal, or write to it, without
// blocking and without being stopped.
func (a *asking) wait(write bool) error {
	woken, err := pending(a.fd, write, int(a.wake.Fd()), nil)
	switch {
	case a.ctx.Err() != nil:
		return context.Cause(a.ctx)
	case err != nil:
		return err
	case woken:
		a.wake.Read(make([]byte, 64))
		return errContinued
	}
	return a.foreground()
}

// stop suspends our process group, as the terminal would for Ctrl-Z, but turns
// echo on first.
func (a *asking) stop() error {
	a.disarm(true)
	if err := unix.Kill(0, unix.SIGTSTP); err != nil {
		return err
	}
	// After kill returns, the stop may take effect a moment later, through
	// another thread. An orphaned process group is not stopped at all, because
	// nobody could continue it. Therefore wait until continued, but only for a
	// moment.
	moment := unix.NsecToTimeval(int64(500 * time.Millisecond))
	if woken, err := pending(-1, false, int(a.wake.Fd()), &moment); err != nil {
		return err
	} else if woken && a.ctx.Err() == nil {
		a.wake.Read(make([]byte, 64))
	}
	if a.ctx.Err() != nil {
		return context.Cause(a.ctx)
	}
	return nil
}

// end restores the terminal. It discards a partly typed answer, so that no
// other reader gets it. If the typed newline was not shown, it moves the cursor
// to a new line.
func (a *asking) end(answered bool) {
	secret := a.prompt.Secret
	if a.disarm(!answered) && (secret || !answered) {
		unix.Write(a.fd, []byte("\n"))
	}
}

// pending waits until fd is ready (-1 for none), until wake can be read
// (woken), or until the timeout is over (nil for none). It uses select, because
// macOS cannot poll terminals.
func pending(fd int, write bool, wake int, timeout *unix.Timeval) (woken bool, err error) {
	if max(fd, wake) >= unix.FD_SETSIZE {
		return false, fmt.Errorf("too many open files to ask on the terminal: %w", unix.EMFILE)
	}
	for {
		var r, w unix.FdSet
		set := &r
		if write {
			set = &w
		}
		if fd >= 0 {
			set.Set(fd)
		}
		r.Set(wake)
		_, err := unix.Select(max(fd, wake)+1, &r, &w, nil, timeout)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return false, fmt.Errorf("wait for the terminal: %w", err)
		}
		return r.IsSet(wake), nil
	}
}
