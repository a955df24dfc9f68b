package cache

import (
	"context"
	"time"

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
	c.tidyTickets()
	return c.dir.WriteLazily(ticket.File(f), data)
}

// tidyTickets removes some old tickets and, if there are too many, some of whatever age.
func (c *Cache) tidyTickets() {
	dir, err := c.dir.Open(ticket.Dir)
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := c.dir.Names(ticket.Dir, ticketsMost+1)
	for _, name := range names[:min(tidyMost, len(names))] {
		fi, err := dir.Lstat(name)
		if err == nil && (len(names) > ticketsMost || time.Since(fi.ModTime()) > ticketLife) {
			_ = dir.Remove(name)
		}
	}
}
