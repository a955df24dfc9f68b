package sealingkey

import (
	"errors"
	"time"

	"github.com/awsexec/awsexec/internal/kernelkey"
)

// Holder has the kernel hold one sealing key. Its methods may be called at once
// by many goroutines and processes.
type Holder struct {
	Name  string        // of the key in the kernel
	Life  time.Duration // how long the key is held; 0 means that nothing is held and that what is held is not used
	Debug func(format string, args ...any)
}

// Get returns the sealing key that the kernel holds, and until when; ok is
// false if it holds none.
func (h Holder) Get() (held kernelkey.Sealing, until time.Time, ok bool) {
	if h.Life <= 0 {
		return held, until, false
	}
	held, until, err := kernelkey.GetSealing(h.Name)
	if err != nil && !errors.Is(err, kernelkey.ErrAbsent) {
		h.Debug("sealing key: %v", err)
	}
	return held, until, err == nil
}

// Put has the kernel hold s, if it can. If it cannot, the store is read each
// time. A key that is held already is replaced even if Life is 0, since other
// processes use it.
func (h Holder) Put(s kernelkey.Sealing) {
	life := h.Life
	if _, until, err := kernelkey.GetSealing(h.Name); err == nil { // it may have been given longer
		life = max(life, time.Until(until))
	}
	if life < time.Second {
		return
	}
	if err := kernelkey.PutSealing(h.Name, s, life); err != nil {
		h.Debug("sealing key: %v", err)
	}
}

// Replace is Put if the kernel holds a key, and does nothing otherwise.
func (h Holder) Replace(s kernelkey.Sealing) {
	if _, _, err := kernelkey.GetSealing(h.Name); err == nil {
		h.Put(s)
	}
}

// Drop ends the holding.
func (h Holder) Drop() error { return kernelkey.Drop(h.Name) }

// Forget is Drop before a new sealing key is made. If it fails, sessions are
// only sealed once more.
func (h Holder) Forget() {
	if err := h.Drop(); err != nil {
		h.Debug("sealing key: %v", err)
	}
}
