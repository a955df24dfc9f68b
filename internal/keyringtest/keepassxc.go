package keyringtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/godbus/dbus/v5"
)

// KeePassXC describes a KeePassXC as the keyring of a session.
type KeePassXC struct {
	Display       *Display
	Databases     []string // their names; the last one is the default collection
	Password      string   // of each database
	ConfirmAccess bool     // it asks before a program gets an item
	ConfirmDelete bool     // it asks before an item is deleted
}

// A database of which all is exposed to the Secret Service.
const keepassDatabase = `<?xml version="1.0" encoding="UTF-8"?>
<KeePassFile><Meta><DatabaseName>%s</DatabaseName><RecycleBinEnabled>False</RecycleBinEnabled>
<CustomData><Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{00112233-4455-6677-8899-aabbccddeeff}</Value></Item></CustomData></Meta>
<Root><Group><UUID>ABEiM0RVZneImaq7zN3u/w==</UUID><Name>Root</Name></Group></Root></KeePassFile>
`

// It saves when a database is locked, not after every change: KeePassXC 2.7
// writes a database in a thread of its own without a lock, and a change in that
// time, such as the next call of a test, can end it.
const keepassConfig = `[General]
ConfigVersion=2
AutoSaveAfterEveryChange=false
AutoSaveOnExit=true
SingleInstance=false
UpdateCheckMessageShown=true
[GUI]
CheckForUpdates=false
[FdoSecrets]
Enabled=true
ShowNotification=false
ConfirmAccessItem=%t
ConfirmDeleteItem=%t
`

// StartKeePassXC starts KeePassXC with new databases, which are unlocked when
// it returns. If KeePassXC is not installed, the error wraps [ErrMissing].
func (b *Bus) StartKeePassXC(o KeePassXC) error {
	config := filepath.Join(b.dir, "keepassxc.ini")
	if err := os.WriteFile(config, fmt.Appendf(nil, keepassConfig, o.ConfirmAccess, o.ConfirmDelete), 0o600); err != nil {
		return err
	}
	args := []string{"--config", config, "--localconfig", filepath.Join(b.dir, "keepassxc-local.ini"), "--pw-stdin"}
	for _, name := range o.Databases {
		path := filepath.Join(b.dir, name+".kdbx")
		if err := b.makeDatabase(path, name, o.Password); err != nil {
			return err
		}
		args = append(args, path)
	}
	cmd, err := b.command("keepassxc", args...)
	if err != nil {
		return err
	}
	cmd.Env = o.Display.environ(cmd.Env)
	cmd.Stdin = strings.NewReader(strings.Repeat(o.Password+"\n", len(o.Databases)))
	return b.startUntil(cmd, func(conn *dbus.Conn) bool {
		states := locked(conn)
		for _, isLocked := range states {
			if isLocked {
				return false
			}
		}
		return states != nil && len(states) == len(o.Databases)
	})
}

func (b *Bus) makeDatabase(path, name, password string) error {
	source := path + ".xml"
	if err := os.WriteFile(source, fmt.Appendf(nil, keepassDatabase, name), 0o600); err != nil {
		return err
	}
	const decryptionTime = "100" // in milliseconds, the least
	cmd, err := b.command("keepassxc-cli", "import", "--quiet", "--set-password", "--decryption-time", decryptionTime, source, path)
	if err != nil {
		return err
	}
	cmd.SysProcAttr = nil
	cmd.Stdin = strings.NewReader(password + "\n" + password + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("keepassxc-cli: %w: %s", err, out)
	}
	return nil
}
