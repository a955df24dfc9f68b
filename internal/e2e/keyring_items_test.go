//go:build linux

package e2e

import (
	"encoding/json"

	"github.com/godbus/dbus/v5"

	"github.com/awsexec/awsexec/internal/keyringtest"
)

// removeItems removes awsexec's items from the home's keyring without awsexec:
// those of the keys in names, or all if there are no names.
func (h *home) removeItems(names ...string) {
	h.t.Helper()
	conn, err := dbus.Connect(h.env["DBUS_SESSION_BUS_ADDRESS"])
	if err != nil {
		h.t.Fatal(err)
	}
	defer conn.Close()
	if err := keyringtest.Greet(conn); err != nil {
		h.t.Fatal(err)
	}
	searches := []map[string]string{{"service": "awsexec"}, {"service": "awsexec-cache"}, {"service": "awsexec-next"}}
	if len(names) > 0 {
		searches = nil
	}
	for _, name := range names {
		searches = append(searches, map[string]string{"service": "awsexec", "username": name})
	}
	for _, attributes := range searches {
		var open, locked []dbus.ObjectPath
		err := conn.Object(keyringtest.SecretsName, "/org/freedesktop/secrets").
			Call("org.freedesktop.Secret.Service.SearchItems", 0, attributes).Store(&open, &locked)
		if err != nil {
			h.t.Fatal(err)
		}
		if len(names) > 0 && len(open) != 1 {
			h.t.Errorf("%d items for %v", len(open), attributes)
		}
		for _, path := range open {
			if err := conn.Object(keyringtest.SecretsName, path).Call("org.freedesktop.Secret.Item.Delete", 0).Err; err != nil {
				h.t.Fatal(err)
			}
		}
	}
}

// listed returns the masked key IDs that list shows, by name.
func (h *home) listed() map[string]string {
	h.t.Helper()
	r := h.run("list", "--json")
	var rows []struct {
		Name        string `json:"name"`
		AccessKeyID string `json:"access_key_id"`
	}
	if err := json.Unmarshal([]byte(r.stdout), &rows); err != nil || r.code != 0 {
		h.t.Fatalf("list: exit code %d, %v\n%s", r.code, err, r.stderr)
	}
	ids := map[string]string{}
	for _, row := range rows {
		ids[row.Name] = row.AccessKeyID
	}
	return ids
}

// masked returns a key ID as awsexec shows it.
func masked(keyID string) string { return keyID[:4] + "…" + keyID[len(keyID)-4:] }
