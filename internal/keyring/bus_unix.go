//go:build unix && !darwin

package keyring

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/readfile"
)

// busAddress returns the address of the session bus, found in the same way as
// by D-Bus libraries. Without a bus it returns an error, while some libraries
// would start one.
func busAddress(env func(string) string) (string, error) {
	if address := env("DBUS_SESSION_BUS_ADDRESS"); address != "" && address != "autolaunch:" {
		return address, nil
	}
	dir := "/run/user/" + strconv.Itoa(os.Getuid())
	if _, err := os.Stat(dir + "/bus"); !errors.Is(err, os.ErrNotExist) {
		return "unix:path=" + dbus.EscapeBusAddressValue(dir+"/bus"), nil
	}
	if b, err := readfile.Read(dir+"/dbus-session", readfile.MaxOwn); err == nil {
		if address, ok := strings.CutPrefix(string(b), "DBUS_SESSION_BUS_ADDRESS="); ok {
			return strings.TrimRight(address, "\r\n"), nil
		}
	}
	return "", fmt.Errorf("%w: no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set)", backend.ErrUnavailable)
}

// Reachable returns nil if there may be a keyring, and otherwise the reason why
// there is none. It only connects to the socket of the session bus.
func (k *Keyring) Reachable() error {
	address, err := busAddress(k.opts.Env)
	if err != nil {
		return err
	}
	for option := range strings.SplitSeq(address, ";") {
		if err = dialable(option); err == nil {
			return nil
		}
	}
	return noConnection(err)
}

func noConnection(err error) error {
	return fmt.Errorf("%w: D-Bus session: %w", backend.ErrUnavailable, err)
}

// dialable connects to a bus on a Unix socket and closes the connection. It
// accepts addresses with other transports without a check.
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

// dial connects to the session bus. The connection lasts until it is closed, or
// until ctx ends if it is not made by then.
func dial(ctx context.Context, p *patience, address string) (*dbus.Conn, error) {
	defer p.spend(time.Now())
	ctx, cancel := context.WithTimeout(ctx, p.left)
	defer cancel()
	// The library has no deadlines here. Canceling the connection's own context
	// ends its waits.
	life, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	type result struct {
		conn *dbus.Conn
		err  error
	}
	dialed := make(chan result, 1)
	fault.Go(func() {
		conn, err := dbus.Connect(address, dbus.WithContext(life))
		dialed <- result{conn, err}
	})
	select {
	case r := <-dialed:
		if r.err != nil {
			hangUp()
			return nil, noConnection(r.err)
		}
		context.AfterFunc(r.conn.Context(), hangUp)
		return r.conn, nil
	case <-ctx.Done():
		hangUp()
		return nil, errSilent
	}
}
