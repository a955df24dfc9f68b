package ticket

import (
	"os"
	"time"
)

const (
	// most is how many tickets there may be before some of them go.
	most = 1024

	// atOnce is how many go then, and how many are looked at for old ones.
	atOnce = 64

	// old is the age at which a ticket goes, used or not: whoever misses it leaves it again.
	old = 7 * 24 * time.Hour
)

// Leave leaves t for calls with the fingerprint f, unless it is there already.
func (c *Call) Leave(f Fingerprint, key *[32]byte, t Ticket) error {
	if s, err := c.Find(f); err == nil {
		if there, err := s.Open(key); err == nil && there == t {
			return nil
		}
	}
	data, err := t.seal(key, f)
	if err != nil {
		return err
	}
	dir := c.directoryOfTickets()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tidy(dir)
	// Whole or not at all, but without waiting for the disk: what a crash spoils does not open, and is left again.
	tmp, err := os.CreateTemp(dir, ".tmp-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), c.path(f))
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}

// tidy removes some old tickets from dir and, if there are too many, some of whatever age.
func tidy(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	names, _ := d.Readdirnames(most + 1)
	for _, name := range names[:min(atOnce, len(names))] {
		path := dir + "/" + name
		fi, err := os.Lstat(path)
		if err == nil && (len(names) > most || time.Since(fi.ModTime()) > old) {
			_ = os.Remove(path)
		}
	}
}

// Forget removes all tickets.
func Forget(cacheDir string) error { return os.RemoveAll(cacheDir + "/tickets") }
