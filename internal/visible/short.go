package visible

import (
	"fmt"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/lazyregexp"
)

// KeyID returns enough of an access key ID to recognize it, but not all of it.
func KeyID(id string) string {
	if len(id) < 12 {
		return strings.Repeat("*", len(id))
	}
	return id[:4] + "…" + id[len(id)-4:]
}

// End returns s with all but its last four characters hidden.
func End(s string) string {
	if len(s) <= 4 {
		return strings.Repeat("*", len(s))
	}
	return strings.Repeat("*", len(s)-4) + s[len(s)-4:]
}

// ARN returns arn with all but the last characters of its account hidden.
func ARN(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) == 6 {
		parts[4] = End(parts[4])
	}
	return strings.Join(parts, ":")
}

// How much of a long text is shown.
const (
	boundedStart = 800
	boundedEnd   = 400
)

// Bounded returns text for a message: what quotes a file or a server may have any
// length. Of a long text it returns the beginning and the end, which say what
// failed and why.
func Bounded(text string) string {
	if len(text) <= boundedStart+boundedEnd {
		return text
	}
	runes := []rune(text)
	if len(runes) <= boundedStart+boundedEnd {
		return text
	}
	return string(runes[:boundedStart]) + " … " + string(runes[len(runes)-boundedEnd:])
}

// Until returns the clock time of end and the time left until then.
func Until(end, now time.Time) string {
	left := end.Sub(now)
	if left < time.Minute {
		return fmt.Sprintf("%s (in %s)", end.Local().Format("15:04:05"), left.Round(time.Second))
	}
	return fmt.Sprintf("%s (in %s)", end.Local().Format("15:04"), strings.TrimSuffix(left.Round(time.Minute).String(), "0s"))
}

var (
	keyIDs = lazyregexp.New(`\bA[KS]IA[A-Z0-9]{12,}\b`)
	arns   = lazyregexp.New(`\barn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:[0-9]{12}\b`)
)

// Masked returns text with the access key IDs and the accounts of ARNs in it
// shortened as KeyID and ARN do it.
func Masked(text string) string {
	text = keyIDs().ReplaceAllStringFunc(text, KeyID)
	return arns().ReplaceAllStringFunc(text, func(s string) string {
		account := strings.LastIndexByte(s, ':') + 1
		return s[:account] + End(s[account:])
	})
}
