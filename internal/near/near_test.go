package near

import (
	"slices"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	names := []string{"list", "lock", "remove", "rotate", "whoami", "list-all"}
	for name, want := range map[string][]string{
		"lsit":                   {"list"},
		"LIST":                   {"list", "list-all"},
		"rotat":                  {"rotate"},
		"wohami":                 {"whoami"},
		"renove":                 {"remove"},
		"lcok":                   {"lock"},
		"update":                 {}, // half of it differs
		"log":                    {},
		"terraform":              {},
		strings.Repeat("l", 200): nil,
	} {
		if got := Names(name, names); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
