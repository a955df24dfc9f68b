package helper

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/visible"
)

// failures are what helpers and the programs behind them say, in lower case, and
// the kinds of failure that it means. The first that fits counts. The protocol
// defines only the first text; the others of a missing item are those of keychains
// and password managers that helpers of one's own pass on.
var failures = []struct {
	kind  error
	texts []string
}{
	{backend.ErrNotFound, []string{"credentials not found in native keychain", "credentials not found", "item could not be found in the keychain", "element not found", "isn't an item", "is not in the password store"}},
	{backend.ErrUnavailable, []string{"executable file not found", "command not found", "not initialized", "store is empty", "no such file or directory"}},
	{backend.ErrRefused, []string{"cancelled", "canceled", "dismissed", "permission denied", "access denied"}},
	{backend.ErrLocked, []string{
		"pinentry", "inappropriate ioctl", "no secret key", "bad passphrase", "timeout", // gpg and its agent
		"interaction is not allowed", "is locked", "not signed in", "sign in", "unlock", // keychains and password managers
	}},
	{backend.ErrUnavailable, []string{"unknown action", "unknown credential action", "usage:"}}, // of another version of the protocol
}

// failure returns the error of a helper that failed, in a kind.
func failure(stdout, stderr string, exit error) error {
	kind := backend.ErrUnavailable
	said := strings.ToLower(stdout + "\n" + stderr)
	for _, f := range failures {
		if containsAny(said, f.texts) {
			kind = f.kind
			break
		}
	}
	if kind == backend.ErrNotFound {
		return kind
	}
	if text := cmp.Or(quote(stdout), quote(stderr)); text != "" {
		return fmt.Errorf("%w: %s", kind, text)
	}
	return fmt.Errorf("%w: %w", kind, exit)
}

func containsAny(s string, texts []string) bool {
	for _, text := range texts {
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}

const maxQuote = 200

// quote returns what a helper said in one line for a message, without anything
// that could be a secret: words that are long and have a digit, and all of a
// text that looks like JSON.
func quote(said string) string {
	said = strings.Join(strings.Fields(said), " ")
	if strings.ContainsAny(said, "{}") {
		return ""
	}
	words := strings.Split(said, " ")
	for i, word := range words {
		if len(word) >= 16 && strings.ContainsAny(word, "0123456789") {
			words[i] = "***"
		}
	}
	text := visible.Text(strings.ToValidUTF8(strings.Join(words, " "), "?"))
	if len(text) > maxQuote {
		text = strings.ToValidUTF8(text[:maxQuote], "") + "…"
	}
	return text
}
