package fastpath

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/readfile"
)

const supported = true

var errNotPlain = errors.New("not a plain file")

// Fingerprint stands for all that the choice of a session depends on.
type Fingerprint [sha256.Size]byte

// Fingerprint returns the fingerprint of c as things are now. The error means
// that it cannot be taken without side effects, or that the program itself could
// not read what it would have to.
func (c *Call) Fingerprint() (f Fingerprint, err error) {
	h := hasher{sha256.New()}
	h.text("awsexec ticket 4")
	if err := h.program(); err != nil {
		return f, err
	}
	h.number(uint64(syscall.Geteuid()))
	h.list(c.own)
	h.list(c.vars)
	h.bool(c.HasBus)
	for _, path := range []string{c.Config, c.Credentials} {
		if err := h.file(path); err != nil {
			return f, err
		}
	}
	for _, name := range []string{"keyring.index.json", "keystore.index.json", "keystore.age"} {
		if _, err := h.ownFile(c.Data, name); err != nil {
			return f, err
		}
	}
	chosen, err := h.ownFile(c.Data, "keystore.chosen")
	if err != nil {
		return f, err
	}
	for _, name := range c.helpers(string(chosen)) {
		if _, err := h.ownFile(c.Data, "helper-"+name+".index.json"); err != nil {
			return f, err
		}
	}
	h.Sum(f[:0])
	return f, nil
}

// hasher hashes values one after the other, each in a form that shows where it
// ends.
type hasher struct{ hash.Hash }

func (h hasher) number(n uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], n)
	h.Write(b[:])
}

func (h hasher) bool(b bool) {
	if b {
		h.number(1)
	} else {
		h.number(0)
	}
}

func (h hasher) text(s string) {
	h.number(uint64(len(s)))
	h.Write([]byte(s))
}

func (h hasher) list(list []string) {
	h.number(uint64(len(list)))
	for _, s := range list {
		h.text(s)
	}
}

// hasBus reports whether D-Bus libraries could find a session bus, given the
// value of DBUS_SESSION_BUS_ADDRESS. If in doubt, they could.
func hasBus(address string) bool {
	if address != "" && address != "autolaunch:" {
		return true
	}
	dir := "/run/user/" + strconv.Itoa(syscall.Getuid())
	for _, name := range []string{"/bus", "/dbus-session"} {
		var st syscall.Stat_t
		if err := syscall.Stat(dir+name, &st); err != syscall.ENOENT && err != syscall.ENOTDIR {
			return true
		}
	}
	return false
}

// Executable is os.Executable, called once: it asks the kernel each time.
var Executable = sync.OnceValues(os.Executable)

// program hashes what distinguishes one build and place of the program from
// another, without reading all of it.
func (h hasher) program() error {
	path, err := Executable()
	if err != nil {
		return err
	}
	var st syscall.Stat_t
	if err := syscall.Stat("/proc/self/exe", &st); err != nil {
		return err
	}
	h.text(path)
	for _, n := range []uint64{uint64(st.Dev), st.Ino, uint64(st.Size), uint64(st.Mtim.Nano()), uint64(st.Ctim.Nano())} {
		h.number(n)
	}
	return nil
}

// file hashes the path of a file and its content, or that it does not exist.
func (h hasher) file(path string) error {
	h.text(path)
	content := sha256.New()
	switch err := read(path, func(data []byte) { content.Write(data) }); err {
	case nil:
		h.number(1)
		h.Write(content.Sum(nil))
	case syscall.ENOENT, syscall.ENOTDIR:
		h.number(0)
	default:
		return err
	}
	return nil
}

// ownFile is file for one that only awsexec writes. It returns the content.
func (h hasher) ownFile(dir, name string) (data []byte, err error) {
	h.text(dir)
	h.text(name)
	data, err = ownfile.Dir(dir).Read(name)
	switch {
	case err == nil:
		h.number(1)
		h.text(string(data))
	case errors.Is(err, fs.ErrNotExist):
		h.number(0)
	default:
		return nil, err
	}
	return data, nil
}

// pieceSize is how much of a file is read at once: fresh memory for all of a
// long one would cost more than reading it.
const pieceSize = 32 << 10

// read hands the content of a regular file to take, in pieces that are
// overwritten later. Any other file is an error, and is not read: a pipe can be
// read only once. So is a file larger than package readfile would read.
func read(path string, take func(piece []byte)) error {
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		return err
	}
	if !isPlain(&st) {
		return errNotPlain
	}
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	if err := syscall.Fstat(fd, &st); err != nil {
		return err
	}
	if !isPlain(&st) {
		return errNotPlain
	}
	buffer := make([]byte, min(st.Size+1, pieceSize))
	for left := readfile.MaxAWS; left >= 0; {
		n, err := syscall.Read(fd, buffer)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return err
		case n == 0:
			return nil
		default:
			take(buffer[:n])
			left -= n
		}
	}
	return errNotPlain
}

func isPlain(st *syscall.Stat_t) bool {
	return st.Mode&syscall.S_IFMT == syscall.S_IFREG && st.Size <= readfile.MaxAWS
}

// helpers returns the names of the credential helpers with which the keys may be
// stored, where the file of the chosen keystore says chosen.
func (c *Call) helpers(chosen string) (names []string) {
	for _, word := range slices.Concat(c.own, []string{c.env("AWSEXEC_KEYSTORE")}, strings.Fields(chosen)) {
		if name, ok := strings.CutPrefix(strings.TrimPrefix(word, "--keystore="), "helper:"); ok {
			names = append(names, name)
		}
	}
	return names
}
