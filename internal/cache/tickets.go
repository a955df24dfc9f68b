package cache

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/awsexec/awsexec/internal/atomicfile"
	"github.com/awsexec/awsexec/internal/ticket"
)

const (
	// ticketsMost is how many tickets there may be before some of them go.
	ticketsMost = 1024

	// ticketLife is the age at which a ticket may go, used or not: whoever misses it leaves it again.
	ticketLife = 7 * 24 * time.Hour
)

// LeaveTicket keeps t for calls with the fingerprint f, unless it is there already. Others of old age go.
func (c *Cache) LeaveTicket(ctx context.Context, call *ticket.Call, f ticket.Fingerprint, t ticket.Ticket) error {
	key, err := c.SealingKey(ctx)
	if err != nil {
		return err
	}
	if s, err := call.Find(f); err == nil {
		if there, err := s.Open(key); err == nil && there == t {
			return nil
		}
	}
	data, err := t.Seal(key, f)
	if err != nil {
		return err
	}
	path := call.Path(f)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tidyTickets(filepath.Dir(path))
	return atomicfile.WriteLazily(path, data, 0o600)
}

// tidyTickets removes some old tickets from dir and, if there are too many, some of whatever age.
func tidyTickets(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	names, _ := d.Readdirnames(ticketsMost + 1)
	for _, name := range names[:min(tidyMost, len(names))] {
		path := filepath.Join(dir, name)
		fi, err := os.Lstat(path)
		if err == nil && (len(names) > ticketsMost || time.Since(fi.ModTime()) > ticketLife) {
			_ = os.Remove(path)
		}
	}
}
