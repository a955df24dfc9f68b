// Package lazyregexp compiles regular expressions when they are first used, since
// every call of awsexec would pay for them, and most calls use none.
package lazyregexp

import (
	"regexp"
	"sync"
)

// New returns a function that returns the expression text, compiled once. It panics
// if text is not valid.
func New(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
