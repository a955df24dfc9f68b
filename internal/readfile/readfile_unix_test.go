//go:build unix

package readfile

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A file that is not regular is an error at once. The error names its type.
func TestOtherThanFiles(t *testing.T) {
	dir, err := os.MkdirTemp("", "readfile") // short enough for the path of a socket
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for path, want := range map[string]string{
		filepath.Join(dir, "pipe"):   "(named pipe)",
		filepath.Join(dir, "socket"): "(socket)",
		"/dev/tty":                   "(device)",
		"/dev/zero":                  "(device)",
	} {
		root := open(t, filepath.Dir(path))
		began := time.Now()
		for _, err := range []error{second(Read(path, 7)), second(ReadIn(root, filepath.Base(path), 7))} {
			if not, ok := errors.AsType[*NotRegularError](err); !ok || not.Path != path || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", path, err)
			}
		}
		if f, err := OpenIn(root, filepath.Base(path), os.O_RDWR|os.O_CREATE); err == nil {
			f.Close()
			t.Errorf("OpenIn opened %s", path)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: took %v", path, took)
		}
	}
}

// A file of 500 MB costs neither time nor memory.
func TestSparse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 500<<20); err != nil {
		t.Skip("no large files on this system:", err)
	}
	for _, maxSize := range []int64{MaxAWS, MaxOwn} {
		allocated := testing.AllocsPerRun(1, func() {
			if _, ok := errors.AsType[*TooLargeError](second(Read(path, maxSize))); !ok {
				t.Error("read 500 MB")
			}
		})
		if allocated > 100 {
			t.Errorf("%v allocations", allocated)
		}
	}
}

// The kernel's log seems a regular file, but a read of it waits for the next
// message.
func TestEndless(t *testing.T) {
	const log = "/proc/kmsg"
	if f, err := os.OpenFile(log, os.O_RDONLY|unix.O_NONBLOCK, 0); err != nil {
		t.Skip(err)
	} else {
		f.Close()
	}
	done := make(chan error, 1)
	go func() {
		_, err := Read(log, 64<<20)
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("still waiting")
	}
}

// A path of a descriptor, as from process substitution, leads to what the
// descriptor has open.
func TestDescriptor(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	_, err = Read("/dev/fd/"+strconv.Itoa(int(r.Fd())), 7)
	if not, ok := errors.AsType[*NotRegularError](err); !ok || not.Type != fs.ModeNamedPipe {
		t.Error(err)
	}
}
