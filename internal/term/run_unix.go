//go:build unix

package term

import (
	"context"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

func shell(ctx context.Context, command string) *exec.Cmd {
	return exec.CommandContext(ctx, "/bin/sh", "-c", command)
}

// openInput opens the terminal for a child to read, if Ask could read it.
func openInput() (*os.File, error) {
	t, err := openTTY()
	if err != nil {
		return nil, err
	}
	t.close()
	fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "/dev/tty"), nil
}
