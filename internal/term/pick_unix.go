//go:build unix

package term

import "os"

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
