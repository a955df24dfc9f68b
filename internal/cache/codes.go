package cache

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// codeMemory is how long a one-time code is remembered. AWS accepts a code in its
// own 30 seconds and in those around it, so an equal code after this time is a new
// one.
const codeMemory = 2 * time.Minute

// A file of codes is a list of records: the time when the code was sent, in
// seconds since 1970, big-endian, and a keyed hash of device and code. The hash
// is keyed because six digits are quickly guessed.
const recordSize = 8 + sha256.Size

// CodeSent reports whether RememberCode was called for the same device and code in
// the last two minutes, by any process. If the file cannot be read, the answer is
// no: AWS itself refuses a code that was used.
func (c *Cache) CodeSent(ctx context.Context, serial, code string, now time.Time) bool {
	key, err := c.SealingKey(ctx)
	if err != nil {
		return false
	}
	data, err := c.dir.Read(codesFile(serial))
	if err != nil {
		return false
	}
	want := codeHash(key, serial, code)
	for _, r := range records(data, now) {
		if hmac.Equal(r[8:], want) {
			return true
		}
	}
	return false
}

// RememberCode records that the one-time code of the device serial has been sent
// to AWS, which accepts each code once. The caller holds the lock of a long-term
// key of that device's user.
func (c *Cache) RememberCode(ctx context.Context, serial, code string, now time.Time) error {
	key, err := c.SealingKey(ctx)
	if err != nil {
		return err
	}
	name := codesFile(serial)
	old, _ := c.dir.Read(name)
	var data []byte
	for _, r := range records(old, now) {
		data = append(data, r...)
	}
	data = binary.BigEndian.AppendUint64(data, uint64(now.Unix()))
	data = append(data, codeHash(key, serial, code)...)
	c.dir.Tidy(name)
	return c.dir.Write(name, data)
}

func codesFile(serial string) string { return "codes/" + digest(serial) }

// records returns the records in data that are not too old.
func records(data []byte, now time.Time) [][]byte {
	var out [][]byte
	for ; len(data) >= recordSize; data = data[recordSize:] {
		sent := time.Unix(int64(binary.BigEndian.Uint64(data)), 0)
		if age := now.Sub(sent); -codeMemory < age && age < codeMemory {
			out = append(out, data[:recordSize:recordSize])
		}
	}
	return out
}

func codeHash(key *[32]byte, serial, code string) []byte {
	h := hmac.New(sha256.New, key[:])
	fmt.Fprintf(h, "one-time code %q %q", serial, code)
	return h.Sum(nil)
}
