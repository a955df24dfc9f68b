package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// keepOwner does nothing: a new file inherits its access list from the directory.
func keepOwner(*os.File, fs.FileInfo) {}

// syncDir does nothing: directories cannot be flushed.
func syncDir(*os.Root) {}

// patience bounds how long others may be in the way of f. Readers take milliseconds, a virus scanner a moment more.
const patience = 2 * time.Second

// persist runs f again as long as somebody is in its way. Windows refuses to replace a file that is open for reading (most programs
// do not share its deletion), and to open one that is being replaced. It says no more than "access denied" of the latter,
// so that a permission that is really missing shows only after that time.
func persist(f func() error) error {
	pause := time.Millisecond
	for end := time.Now().Add(patience); ; pause = min(2*pause, 50*time.Millisecond) {
		err := f()
		if !errors.Is(err, windows.ERROR_SHARING_VIOLATION) && !errors.Is(err, windows.ERROR_ACCESS_DENIED) || time.Now().After(end) {
			return err
		}
		time.Sleep(pause)
	}
}
