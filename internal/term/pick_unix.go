//go:build unix

package term

import (
	"context"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/awsexec/awsexec/internal/fault"
)

// openPicking opens the terminal of this process, in whose foreground it must be.
func openPicking() (in, out *os.File, err error) {
	t, err := openTTY()
	if err != nil {
		return nil, nil, err
	}
	t.close()
	if in, err = openFile("/dev/tty", os.O_RDONLY); err != nil {
		return nil, nil, err
	}
	if out, err = openFile("/dev/tty", os.O_WRONLY); err != nil {
		in.Close()
		return nil, nil, err
	}
	return in, out, nil
}

// keysOf returns a function that reads keys from in. It returns errResized when the
// screen has to be drawn anew, and the cause of ctx when that ends.
func keysOf(ctx context.Context, in *os.File) (read func([]byte) (int, error), end func(), err error) {
	wake, waker, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { waker.Close() })
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, unix.SIGWINCH, unix.SIGCONT)
	fault.Go(func() {
		for range resized {
			waker.Write([]byte{0})
		}
	})
	read = func(keys []byte) (int, error) {
		woken, err := pending(int(in.Fd()), false, int(wake.Fd()), nil)
		switch {
		case ctx.Err() != nil:
			return 0, context.Cause(ctx)
		case err != nil:
			return 0, err
		case woken:
			wake.Read(make([]byte, 64))
			return 0, errResized
		}
		return in.Read(keys)
	}
	return read, func() {
		signal.Stop(resized)
		close(resized)
		stop()
		wake.Close()
		waker.Close()
	}, nil
}
