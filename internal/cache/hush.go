package cache

import (
	"encoding/binary"
	"time"
)

// maxHush bounds what Hushed believes: a clock that was set back must not silence
// a question for long.
const maxHush = 15 * time.Minute

// Hush records, for all processes, that nobody is to be asked the question until
// then. The question may be any text that identifies it; it is not kept.
func (c *Cache) Hush(question string, until time.Time) error {
	return c.dir.Write(hushFile(question), binary.BigEndian.AppendUint64(nil, uint64(until.UnixNano())))
}

// Hushed returns how long the question is not to be asked; 0 means that it may be
// asked now, as it may if the file cannot be read.
func (c *Cache) Hushed(question string, now time.Time) time.Duration {
	data, err := c.dir.Read(hushFile(question))
	if err != nil || len(data) != 8 {
		return 0
	}
	left := time.Unix(0, int64(binary.BigEndian.Uint64(data))).Sub(now)
	if left < 0 || left > maxHush {
		return 0
	}
	return left
}

// Unhush lets the question be asked again.
func (c *Cache) Unhush(question string) error {
	return c.dir.Remove(hushFile(question))
}

func hushFile(question string) string { return "prompts/" + digest(question) }
