package cache

import (
	"encoding/binary"
	"time"
)

const (
	confirmed = "confirmed" // the directory

	// confirmedMost is how many answers may be kept before old ones are removed.
	confirmedMost = 64
)

// Confirm records, for all processes, that a person said yes to a question, which is
// good until then. The question may be any text that identifies it; it is not kept.
func (c *Cache) Confirm(question string, until, now time.Time) error {
	if names, err := c.dir.Names(confirmed, confirmedMost+1); err == nil && len(names) > confirmedMost {
		for _, name := range names {
			if c.confirmedUntil(confirmed + "/" + name).Before(now) {
				_ = c.dir.Remove(confirmed + "/" + name)
			}
		}
	}
	return c.dir.Write(confirmedFile(question), binary.BigEndian.AppendUint64(nil, uint64(until.Unix())))
}

// Confirmed reports whether a yes to the question is still good.
func (c *Cache) Confirmed(question string, now time.Time) bool {
	return now.Before(c.confirmedUntil(confirmedFile(question)))
}

func (c *Cache) confirmedUntil(file string) time.Time {
	data, err := c.dir.Read(file)
	if err != nil || len(data) != 8 {
		return time.Time{}
	}
	return time.Unix(int64(binary.BigEndian.Uint64(data)), 0)
}

func confirmedFile(question string) string { return confirmed + "/" + digest(question) }
