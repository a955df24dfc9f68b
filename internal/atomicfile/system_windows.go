package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
)

// keepOwner does nothing: a new file inherits its access list from the directory.
func keepOwner(*os.File, fs.FileInfo) {}

// syncDir does nothing: Windows cannot flush directories.
func syncDir(*os.Root) {}

// RemoveIn removes the file or empty directory name in dir. It uses the path,
// because Wine cannot remove a file that is named relative to an open directory.
func RemoveIn(dir *os.Root, name string) error { return os.Remove(filepath.Join(dir.Name(), name)) }

// maxRetryTime is how long retryBlocked repeats f. Readers hold a file for milliseconds,
// virus scanners longer, and on a busy machine all of them may have to wait.
const maxRetryTime = 5 * time.Second

// retryBlocked calls f again while another process blocks it. Windows refuses to
// replace a file that is open for reading, because most programs do not share
// its deletion, and it refuses to open a file that is being replaced. It
// reports the second case as "access denied", so retryBlocked reports a missing
// permission only after maxRetryTime.
func retryBlocked(f func() error) error {
	pause := time.Millisecond
	for end := time.Now().Add(maxRetryTime); ; pause = min(2*pause, 50*time.Millisecond) {
		err := f()
		if !errors.Is(err, windows.ERROR_SHARING_VIOLATION) &&
			!errors.Is(err, windows.ERROR_ACCESS_DENIED) || time.Now().After(end) {
			return err
		}
		time.Sleep(pause)
	}
}
