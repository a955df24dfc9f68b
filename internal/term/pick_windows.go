package term

import (
	"context"
	"os"

	"golang.org/x/sys/windows"
)

// openPicking opens the console of this process, and lets it understand escape
// sequences.
func openPicking() (in, out *os.File, err error) {
	if in, err = openFile("CONIN$", os.O_RDWR); err != nil {
		return nil, nil, err
	}
	if out, err = openFile("CONOUT$", os.O_RDWR); err != nil {
		in.Close()
		return nil, nil, err
	}
	var mode uint32
	if err := windows.GetConsoleMode(windows.Handle(out.Fd()), &mode); err == nil {
		_ = windows.SetConsoleMode(windows.Handle(out.Fd()), mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING)
	}
	return in, out, nil
}

// keysOf returns a function that reads keys from in.
func keysOf(_ context.Context, in *os.File) (read func([]byte) (int, error), end func(), err error) {
	return in.Read, func() {}, nil
}
