package explain

import (
	"math/big"
	"net/url"
	"strconv"
	"strings"

	"github.com/awsexec/awsexec/internal/lazyregexp"
)

// check is a value that a client validates, of a setting or of a variable.
type check struct {
	name  string // of the setting or variable
	want  string // what is valid, in words
	valid func(text string) bool
}

// failed returns the failure for an invalid value.
func (c check) failed(at Place, consequence string) *Result {
	return fails(BadValue, at, "%s must be %s: %s", c.name, c.want, consequence)
}

// among accepts some words, in either case if fold is true.
func among(fold bool, words ...string) func(string) bool {
	return func(text string) bool {
		for _, word := range words {
			if text == word || fold && strings.EqualFold(text, word) {
				return true
			}
		}
		return false
	}
}

// goInteger accepts what Go's strconv reads as an integer, by its prefix if base is
// 0, from least to most.
func goInteger(base int, least, most int64) func(string) bool {
	return func(text string) bool {
		n, err := strconv.ParseInt(text, base, 64)
		return err == nil && least <= n && n <= most
	}
}

// pythonNumber is what Python's int takes, but for digits of other scripts.
var pythonNumber = lazyregexp.New(`^\s*[+-]?[0-9]+(_[0-9]+)*\s*$`)

// isPythonInteger accepts what Python's int reads.
func isPythonInteger(text string) bool { return pythonNumber().MatchString(text) }

// pythonInteger accepts what Python's int reads as a number from least to most.
func pythonInteger(least, most int64) func(string) bool {
	return func(text string) bool {
		n, ok := new(big.Int).SetString(strings.ReplaceAll(strings.TrimSpace(text), "_", ""), 10)
		return ok && isPythonInteger(text) && n.Cmp(big.NewInt(least)) >= 0 && n.Cmp(big.NewInt(most)) <= 0
	}
}

// hostName is a name that botocore accepts in a URL.
var hostName = lazyregexp.New(`(?i)^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// isURL accepts a URL with a host, as botocore does, and the empty text.
func isURL(text string) bool {
	if text == "" {
		return true
	}
	u, err := url.Parse(text)
	return err == nil && (hostName().MatchString(strings.TrimSuffix(u.Hostname(), ".")) || strings.Contains(u.Hostname(), ":"))
}
