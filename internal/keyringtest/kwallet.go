package keyringtest

import (
	"crypto/pbkdf2"
	"crypto/sha512"
	"errors"
	"os"
	"path/filepath"

	"github.com/godbus/dbus/v5"
)

// KWallet as it is at a login: the wallet has been made by PAM.
// (https://invent.kde.org/frameworks/kwallet, src/runtime/kwalletd/backend)
const (
	kwalletWallet     = "kdewallet"
	kwalletSaltSize   = 56
	kwalletHashSize   = 56
	kwalletIterations = 50000
)

// StartKWallet starts KWallet with a new wallet, which has this password and is
// locked. If KWallet is not installed, the error wraps [ErrMissing].
func (b *Bus) StartKWallet(display *Display, password, dataHome string) error {
	start := func(ready func(*dbus.Conn) bool) error {
		cmd, err := b.command("kwalletd5")
		if err != nil {
			return err
		}
		cmd.Env = display.environ(cmd.Env)
		return b.startUntil(cmd, ready)
	}
	if err := start(func(conn *dbus.Conn) bool { return locked(conn) != nil }); err != nil {
		return err
	}
	if err := b.makeWallet(password, dataHome); err != nil {
		return err
	}
	// It offers only the wallets that were there when it started.
	first := b.daemons[len(b.daemons)-1]
	_ = first.process.Kill()
	<-first.ended
	return start(func(conn *dbus.Conn) bool { return len(locked(conn)) == 1 })
}

// makeWallet makes a wallet as PAM does at the first login.
func (b *Bus) makeWallet(password, dataHome string) error {
	dir := filepath.Join(dataHome, "kwalletd")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	salt := make([]byte, kwalletSaltSize)
	if err := os.WriteFile(filepath.Join(dir, kwalletWallet+".salt"), salt, 0o600); err != nil {
		return err
	}
	hash, err := pbkdf2.Key(sha512.New, password, salt, kwalletIterations, kwalletHashSize)
	if err != nil {
		return err
	}
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	daemon := conn.Object("org.kde.kwalletd5", "/modules/kwalletd5")
	if err := daemon.Call("org.kde.KWallet.pamOpen", 0, kwalletWallet, hash, int32(0)).Err; err != nil {
		return err
	}
	const force = true
	var code int32
	if err := daemon.Call("org.kde.KWallet.close", 0, kwalletWallet, force).Store(&code); err != nil {
		return err
	}
	if code != 0 {
		return errors.New("KWallet did not save the wallet")
	}
	return nil
}
