package main

import (
	"errors"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/awsexec/awsexec/internal/keyringtest"
)

// keyringCalls returns the members of all method calls to the keyring while do
// runs.
func (w *world) keyringCalls(do func() error) ([]string, error) {
	other, err := dbus.Connect(w.bus.Address)
	if err != nil {
		return nil, err
	}
	defer other.Close()
	monitor, err := dbus.Connect(w.bus.Address)
	if err != nil {
		return nil, err
	}
	defer monitor.Close()
	var owner string // awsexec calls the keyring by this name, go-keyring by the other
	if err := other.BusObject().Call("org.freedesktop.DBus.GetNameOwner", 0, keyringtest.SecretsName).Store(&owner); err != nil {
		return nil, err
	}
	messages := make(chan *dbus.Message, 4096)
	rules := []string{"type='method_call'"}
	if err := monitor.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0, rules,
		uint(0)).Err; err != nil {
		return nil, err
	}
	monitor.Eavesdrop(messages)

	if err := do(); err != nil {
		return nil, err
	}
	const last = "GetId" // our own call, after all others
	if err := other.BusObject().Call("org.freedesktop.DBus."+last, 0).Err; err != nil {
		return nil, err
	}
	var calls []string
	for {
		select {
		case m := <-messages:
			member, _ := m.Headers[dbus.FieldMember].Value().(string)
			to, _ := m.Headers[dbus.FieldDestination].Value().(string)
			switch {
			case to == keyringtest.SecretsName, to == owner:
				calls = append(calls, member)
			case member == last:
				return calls, nil
			}
		case <-time.After(5 * time.Second):
			return nil, errors.New("the bus monitor shows no calls")
		}
	}
}
