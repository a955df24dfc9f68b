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

// Ask writes the prompt on the controlling terminal and returns the line typed there, without its line ending.
//
// It returns at once with an error that wraps ErrNoTerminal when there is no such terminal or this process is in its
// background, where a read would stop it. It returns ErrEOF at Ctrl-D or a hang-up, and ctx's cause when ctx ends. However it
// ends, the terminal is as it was before, and nobody is left reading it. Ctrl-C stays a signal: SIGINT goes to the
// foreground process group, and the caller ends ctx on it. Ctrl-Z suspends; the question is put again in the foreground.
//
// One call at a time.
func Ask(ctx context.Context, p Prompt) (line string, err error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	t, err := openTTY()
	if err != nil {
		return "", err
	}
	defer t.close()

	// One pipe wakes the wait for the terminal. Its end closes with ctx; a byte in it says that we were stopped and go on.
	wake, waker, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer wake.Close()
	defer waker.Close()
	defer context.AfterFunc(ctx, func() { waker.Close() })()
	// SIGCONT alone is caught. Go cannot give SIGTSTP, SIGTTIN and SIGTTOU their default action back once it has
	// caught or ignored them, and later Ctrl-Z (or a program that we become) would miss it.
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

// asking is one call of Ask.
type asking struct {
	*tty
	ctx    context.Context
	wake   *os.File
	prompt Prompt
}

var errContinued = errors.New("continued after a stop")

func (a *asking) line() (string, error) {
	buf := make([]byte, maxAnswer+2) // room to see that a line is too long
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

// put makes the terminal ready and writes the question.
func (a *asking) put() error {
	if err := a.arm(a.prompt.Secret); err != nil {
		return err
	}
	return a.write(visible.Text(a.prompt.Text))
}

// read fills buf with one whole line, which ends in a newline or in the character that suspends, and returns its length.
func (a *asking) read(buf []byte) (int, error) {
	for n := 0; ; {
		if err := a.wait(false); err != nil {
			return 0, err
		}
		// The descriptor does not block, so a line that another process of our group took meanwhile costs nothing.
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

// wait returns when the terminal can be read (or written) by us without blocking or being stopped.
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

// stop suspends our process group, as the terminal does for Ctrl-Z when it is left to it, but with the echo on again.
func (a *asking) stop() error {
	a.disarm(true)
	if err := unix.Kill(0, unix.SIGTSTP); err != nil {
		return err
	}
	// The stop may take hold a moment after kill returns, through another thread; and a group with nobody to continue
	// it (orphaned) is not stopped at all. So: until continued, or a moment.
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

// end puts the terminal back. Half an unfinished secret must not reach the next reader, and the cursor not stay behind
// the question where no typed newline was shown.
func (a *asking) end(answered bool) {
	secret := a.prompt.Secret
	if a.disarm(secret && !answered) && (secret || !answered) {
		unix.Write(a.fd, []byte("\n"))
	}
}

// pending waits with select, since macOS does not poll terminals, until fd (-1: none) is ready, wake can be read
// (woken), or the timeout is over (nil: never).
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
