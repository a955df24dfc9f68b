package keyringtest

import (
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	secretsPath         = dbus.ObjectPath("/org/freedesktop/secrets")
	serviceInterface    = "org.freedesktop.Secret.Service"
	collectionInterface = "org.freedesktop.Secret.Collection"
)

// startUntil starts a keyring and returns when ready reports true. It asks
// again whenever the keyring shows that something has changed.
func (b *Bus) startUntil(cmd *exec.Cmd, ready func(*dbus.Conn) bool) error {
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	signals := make(chan *dbus.Signal, 64)
	conn.Signal(signals)
	err = errors.Join(
		conn.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, SecretsName)),
		conn.AddMatchSignal(dbus.WithMatchInterface(serviceInterface)),
	)
	if err != nil {
		return err
	}
	d, err := b.start(cmd)
	if err != nil {
		return err
	}
	timeout := time.After(startTime)
	for !ready(conn) {
		select {
		case <-signals:
		case <-d.ended:
			return fmt.Errorf("%s ended while starting", cmd.Path)
		case <-timeout:
			return fmt.Errorf("%s is not ready after %v", cmd.Path, startTime)
		}
	}
	return nil
}

// locked returns whether each collection of the keyring is locked.
func locked(conn *dbus.Conn) map[dbus.ObjectPath]bool {
	states := map[dbus.ObjectPath]bool{}
	service, err := conn.Object(SecretsName, secretsPath).GetProperty(serviceInterface + ".Collections")
	if err != nil {
		return nil
	}
	collections, _ := service.Value().([]dbus.ObjectPath)
	for _, c := range collections {
		if v, err := conn.Object(SecretsName, c).GetProperty(collectionInterface + ".Locked"); err == nil {
			states[c], _ = v.Value().(bool)
		}
	}
	return states
}

// LockAll locks all collections of the keyring, and returns when they are.
func (b *Bus) LockAll() error {
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := Greet(conn); err != nil {
		return err
	}
	return b.Lock(slices.Collect(maps.Keys(locked(conn)))...)
}

// Lock locks collections of the keyring, and returns when they are.
func (b *Bus) Lock(collections ...dbus.ObjectPath) error {
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := Greet(conn); err != nil {
		return err
	}
	signals := make(chan *dbus.Signal, 64)
	conn.Signal(signals)
	if err := conn.AddMatchSignal(dbus.WithMatchInterface(serviceInterface)); err != nil {
		return err
	}
	var done []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err = conn.Object(SecretsName, secretsPath).Call(serviceInterface+".Lock", 0, collections).Store(&done, &prompt)
	if err == nil && prompt != "/" { // KeePassXC, which shows no dialog for it
		err = conn.Object(SecretsName, prompt).Call("org.freedesktop.Secret.Prompt.Prompt", 0, "").Err
	}
	if err != nil {
		return err
	}
	timeout := time.After(startTime)
	for {
		states := locked(conn)
		if !slices.ContainsFunc(collections, func(c dbus.ObjectPath) bool { return !states[c] }) {
			return nil
		}
		select {
		case <-signals:
		case <-timeout:
			return errors.New("the keyring was not locked")
		}
	}
}
