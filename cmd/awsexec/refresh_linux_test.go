package main

import "testing"

// A program needs no passphrase while the encrypted keystore is unlocked.
func TestRefreshOfUnlockedFile(t *testing.T) {
	w := newWorld(t)
	w.holding()
	w.add("work")
	w.ok("", "unlock")
	a, p, said := w.app("-p", "work")
	if err := a.checkRenewable(t.Context(), p); err != nil || said.Len() > 0 {
		t.Errorf("%v, said %q", err, said)
	}
	w.ok("", "lock")
	a, p, _ = w.app("-p", "work")
	if err := a.checkRenewable(t.Context(), p); err == nil {
		t.Error("a program could open a keystore that is locked again")
	}
}
