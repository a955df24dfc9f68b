package fastpath

import (
	"time"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/ownfile"
)

const (
	// ticketsMost is how many tickets there may be before some are removed.
	ticketsMost = 1024

	// ticketLife is the age at which a ticket may be removed, used or not: the
	// next call that needs it leaves it again.
	ticketLife = 7 * 24 * time.Hour

	// tidyMost is how many tickets are examined each time.
	tidyMost = 64
)

// Leave writes t, sealed with the key of the sessions, for calls with the
// fingerprint f, unless it is there already. It removes some old tickets.
func (c *Call) Leave(key *[32]byte, f Fingerprint, t Ticket) error {
	if s, err := c.Find(f); err == nil {
		if there, err := s.Open(key); err == nil && there == t {
			return nil
		}
	}
	data, err := t.Seal(key, f)
	if err != nil {
		return err
	}
	tidy(ownfile.Dir(c.Cache))
	return ownfile.Dir(c.Cache).WriteLazily(file(f), data)
}

// tidy removes some old tickets and, if there are too many, some of any age.
func tidy(in ownfile.Dir) {
	dir, err := in.Open(cache.Tickets)
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := in.Names(cache.Tickets, ticketsMost+1)
	for _, name := range names[:min(tidyMost, len(names))] {
		fi, err := dir.Lstat(name)
		if err == nil && (len(names) > ticketsMost || time.Since(fi.ModTime()) > ticketLife) {
			_ = dir.Remove(name)
		}
	}
}
