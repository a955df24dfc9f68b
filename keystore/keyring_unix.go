//go:build unix && !darwin

package keystore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/awsexec/awsexec/internal/secretservice"
)

// Names of the Secret Service API (specifications.freedesktop.org/secret-service) and of the bus.
const (
	secretsName       = "org.freedesktop.secrets"
	secretsPath       = dbus.ObjectPath("/org/freedesktop/secrets")
	loginCollection   = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
	secretError       = "org.freedesktop.Secret.Error."
	busError          = "org.freedesktop.DBus.Error."
	gnomePrompterName = "org.gnome.keyring.SystemPrompter"
)

var errNoKeyring = fmt.Errorf("%w: the session has no keyring to keep keys in", ErrUnavailable)

func account(name string) string { return name }

// busAddress finds the session bus where the D-Bus library will, and says that there is none where that library would go on
// to start one with dbus-launch.
func busAddress(env func(string) string) (string, error) {
	if address := secretservice.Bus(env("DBUS_SESSION_BUS_ADDRESS")); address != "" {
		return address, nil
	}
	return "", fmt.Errorf("%w: no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set)", ErrUnavailable)
}

// straightSilence is how long the keyring may say nothing on the straight way.
const straightSilence = 700 * time.Millisecond

// straight gets a secret where that takes few steps and no person. Every error but ErrNotFound says only that the general way is to be gone.
func straight(env func(string) string, it item) ([]byte, error) {
	secret, err := secretservice.Read(secretservice.Bus(env("DBUS_SESSION_BUS_ADDRESS")), it.service, account(it.name), straightSilence)
	if errors.Is(err, secretservice.ErrNotFound) {
		err = ErrNotFound
	}
	return secret, err
}

// reachable reports why there can be no keyring, at the cost of connecting to the socket of the session bus.
func reachable(env func(string) string) error {
	address, err := busAddress(env)
	if err != nil {
		return err
	}
	for option := range strings.SplitSeq(address, ";") {
		if err = dialable(option); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: D-Bus session: %w", ErrUnavailable, err)
}

// dialable connects to a bus on a Unix socket and hangs up. Of other transports it only checks that it may be one.
func dialable(address string) error {
	transport, keys, ok := strings.Cut(address, ":")
	if !ok {
		return errors.New("invalid address")
	}
	if transport != "unix" {
		return nil
	}
	for pair := range strings.SplitSeq(keys, ",") {
		key, value, _ := strings.Cut(pair, "=")
		path, err := dbus.UnescapeBusAddressValue(value)
		if err != nil {
			return errors.New("invalid address")
		}
		switch key {
		case "abstract":
			path = "@" + path
		case "path":
		default:
			continue
		}
		conn, err := net.DialTimeout("unix", path, time.Second)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	return errors.New("invalid address")
}

// look has a short conversation of its own with the keyring, until ctx ends. It shows no dialog; start says whether the bus
// may start the service.
func look(ctx context.Context, env func(string) string, start bool) presence {
	found := make(chan presence, 1)
	go func() { found <- converse(ctx, env, start) }()
	select {
	case p := <-found:
		return p
	case <-ctx.Done():
		return mute
	}
}

func converse(ctx context.Context, env func(string) string, start bool) presence {
	address, err := busAddress(env)
	if err != nil {
		return mute
	}
	conn, err := dbus.Connect(address, dbus.WithContext(ctx))
	if err != nil {
		return mute
	}
	defer conn.Close()
	flags := dbus.FlagNoAutoStart
	if start {
		flags = 0
	}
	property := func(path dbus.ObjectPath, iface, name string, value any) error {
		return conn.Object(secretsName, path).CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", flags, iface, name).Store(value)
	}

	var collections []dbus.ObjectPath
	if err := property(secretsPath, "org.freedesktop.Secret.Service", "Collections", &collections); err != nil {
		return silence(err)
	}
	collection := loginCollection
	if !slices.Contains(collections, collection) {
		err := conn.Object(secretsName, secretsPath).
			CallWithContext(ctx, "org.freedesktop.Secret.Service.ReadAlias", flags, "default").Store(&collection)
		if err != nil {
			return silence(err)
		}
		if collection == "/" {
			return absent
		}
	}
	var locked bool
	if err := property(collection, "org.freedesktop.Secret.Collection", "Locked", &locked); err != nil {
		return silence(err)
	}
	if !locked {
		return open
	}
	var prompter bool
	err = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, gnomePrompterName).Store(&prompter)
	if err == nil && prompter {
		return declined
	}
	return closed
}

// silence tells a service that is not there from one that answered with an error, and both from no answer.
func silence(err error) presence {
	e, answered := errors.AsType[dbus.Error](err)
	switch {
	case !answered, e.Name == busError+"NoReply", e.Name == busError+"Disconnected":
		return mute
	case noService(e.Name):
		return absent
	}
	return open
}

func noService(name string) bool {
	return name == busError+"ServiceUnknown" || name == busError+"NameHasNoOwner" || strings.HasPrefix(name, busError+"Spawn.")
}

// explain wraps an error that the Secret Service or the library gave in one of this package.
func explain(ctx context.Context, env func(string) string, err error) error {
	// The library's only word for a dialog that was dismissed, could not be shown, or had nothing to unlock.
	if strings.HasPrefix(err.Error(), "failed to unlock correct collection") {
		switch look(ctx, env, false) {
		case absent:
			return errNoKeyring
		case declined:
			return fmt.Errorf("%w: its dialog was dismissed", ErrRefused)
		case mute:
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		default:
			return fmt.Errorf("%w: it could not be unlocked, and there may be no desktop to ask on", ErrLocked)
		}
	}
	e, ok := errors.AsType[dbus.Error](err)
	if !ok {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	switch {
	case noService(e.Name):
		return fmt.Errorf("%w: no keyring service on the D-Bus session: %w", ErrUnavailable, err)
	case e.Name == secretError+"IsLocked":
		return fmt.Errorf("%w: %w", ErrLocked, err)
	case e.Name == secretError+"NoSuchObject", e.Name == busError+"UnknownObject", e.Name == busError+"UnknownMethod":
		// The item went away between its search and its use, or there is no collection.
		switch look(ctx, env, false) {
		case absent:
			return errNoKeyring
		case mute:
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return ErrNotFound
	case e.Name == busError+"AccessDenied":
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
