package main

import (
	"syscall"
	"time"

	"github.com/awsexec/awsexec/internal/keyringtest"
)

// keyring keeps a gnome-keyring running. It starts the keyring again when it
// has ended, by itself or because of the plan.
type keyring struct {
	bus       *keyringtest.Bus
	requests  chan func()
	done      chan struct{}
	restarted int
	err       error // why the keyring could not be started again
}

// checkEvery is how often the keyring is checked.
const checkEvery = 300 * time.Millisecond

func startKeyring(w *world) (*keyring, error) {
	bus, err := keyringtest.StartBus(w.path("run"), "", w.environ())
	if err != nil {
		return nil, err
	}
	w.env["DBUS_SESSION_BUS_ADDRESS"] = bus.Address
	if err := bus.StartKeyring(loginPassword); err != nil {
		bus.Close()
		return nil, err
	}
	k := &keyring{bus: bus, requests: make(chan func()), done: make(chan struct{})}
	go k.keep()
	return k, nil
}

// keep watches the keyring. No other goroutine uses the bus.
func (k *keyring) keep() {
	defer close(k.done)
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case request, ok := <-k.requests:
			if !ok {
				return
			}
			request()
		case <-tick.C:
			k.revive()
		}
	}
}

func (k *keyring) revive() {
	there, err := k.bus.HasKeyring()
	if err == nil && !there {
		err = k.bus.StartKeyring(loginPassword)
		k.restarted++
	}
	if err != nil {
		k.err = err
	}
}

func (k *keyring) do(request func()) {
	finished := make(chan struct{})
	k.requests <- func() {
		request()
		close(finished)
	}
	<-finished
}

// end ends the keyring, like the end of a desktop session. It is started again.
func (k *keyring) end() {
	k.do(func() {
		pids := k.bus.PIDs()
		_ = syscall.Kill(pids[len(pids)-1], syscall.SIGTERM)
	})
}

// ready waits until the keyring runs and returns the number of restarts so far.
func (k *keyring) ready() (restarted int, err error) {
	k.do(func() {
		k.revive()
		restarted, err = k.restarted, k.err
	})
	return restarted, err
}

func (k *keyring) close() {
	close(k.requests)
	<-k.done
	k.bus.Close()
}
