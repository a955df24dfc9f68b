package cache

import (
	"errors"
	"io/fs"
	"testing"
)

// TestForgetAllTakesTickets: ForgetAll leaves nothing that leads to a session.
func TestForgetAllTakesTickets(t *testing.T) {
	c := newCache(t)
	name := Tickets + "/x"
	if err := c.dir.Write(name, []byte("a ticket")); err != nil {
		t.Fatal(err)
	}
	if err := c.ForgetAll(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.dir.Read(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a ticket is left: %v", err)
	}
}
