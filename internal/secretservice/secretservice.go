// Package secretservice reads one secret from gnome-keyring with as few round trips on the D-Bus session as there can be: three, where a
// general library takes more than ten.
//
// It is for the straight way only. What is not as expected is an error, without a dialog and without anything started, and the caller
// goes the general way. Other keyrings than gnome-keyring are such errors too: some ask a person for consent to every read, which must not
// be asked for twice.
//
// The package imports next to nothing, since it is on the way of every warm call.
package secretservice

import (
	"errors"
	"os"
	"strconv"
	"strings"
)

// ErrNotFound says that the keyring is open and has no such item.
var ErrNotFound = errors.New("no such item")

var errOther = errors.New("not the straight way to a secret")

// Bus finds the session bus where D-Bus libraries do, given the value of DBUS_SESSION_BUS_ADDRESS; "" is none, where some libraries
// would go on to start one.
func Bus(variable string) string {
	if variable != "" && variable != "autolaunch:" {
		return variable
	}
	dir := "/run/user/" + strconv.Itoa(os.Getuid())
	if _, err := os.Stat(dir + "/bus"); !errors.Is(err, os.ErrNotExist) {
		return "unix:path=" + dir + "/bus"
	}
	if b, err := os.ReadFile(dir + "/dbus-session"); err == nil {
		if address, ok := strings.CutPrefix(string(b), "DBUS_SESSION_BUS_ADDRESS="); ok {
			return strings.TrimRight(address, "\r\n")
		}
	}
	return ""
}
