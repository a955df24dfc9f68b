package profile

import (
	"strings"
	"time"
)

// Forms of a time that botocore reads in AWS_CREDENTIAL_EXPIRATION, and of the zone
// behind it, without spaces.
var (
	expirations = []string{"2006-01-02T15:04:05", "2006-01-0215:04:05", "20060102T150405", "Mon,02Jan200615:04:05"}
	zones       = []string{"Z07:00", "Z0700", "Z07"}
)

// lastZone is how far the last time zone is behind UTC.
const lastZone = 12 * time.Hour

// Expiration reads an AWS_CREDENTIAL_EXPIRATION. Ok is false if it does not name a time
// and its zone.
func Expiration(text string) (expires time.Time, ok bool) {
	text = tight(text)
	for _, form := range expirations {
		for _, zone := range zones {
			if t, err := time.Parse(form+zone, text); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// Expired returns the time in an AWS_CREDENTIAL_EXPIRATION, and whether it has passed.
// What is written without a zone has passed once it has in all zones.
func Expired(text string, now time.Time) (expires time.Time, passed bool) {
	if t, ok := Expiration(text); ok {
		return t, !t.After(now)
	}
	for _, form := range append([]string{time.DateOnly}, expirations...) {
		if t, err := time.Parse(form, tight(text)); err == nil {
			return t, !t.Add(lastZone).After(now)
		}
	}
	return time.Time{}, false
}

// tight returns a time without spaces, and with Z for the names of UTC.
func tight(text string) string {
	text = strings.ToUpper(strings.Join(strings.Fields(text), ""))
	for _, name := range []string{"UTC", "GMT"} {
		if at, ok := strings.CutSuffix(text, name); ok {
			return at + "Z"
		}
	}
	return text
}
