// MFA codes of virtual devices, each valid once.

package ststest

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"net/url"
	"time"
)

// totpStep is the number of seconds for which a virtual MFA device shows a
// code.
const totpStep = 30

// TOTP returns the code that a virtual MFA device with the seed secret shows at
// t, as RFC 6238 defines it with HMAC-SHA-1, steps of 30 seconds and 6 digits.
func TOTP(secret []byte, t time.Time) string { return totp(secret, t.Unix()/totpStep) }

func totp(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	code := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%06d", code%1_000_000)
}

// verifyMFA checks SerialNumber and TokenCode, whose form must be valid, and
// reports whether the caller proved an MFA device. The codes of the current
// step and of its neighbors are valid, each once.
func verifyMFA(caller *identity, params url.Values, now time.Time) (bool, *Fault) {
	if !params.Has("SerialNumber") && !params.Has("TokenCode") {
		return false, nil
	}
	if !params.Has("SerialNumber") || !params.Has("TokenCode") {
		return false, refuse(AccessDenied("MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code. "))
	}
	u := caller.user
	if u == nil || caller.temporary || u.MFASerial == "" || params.Get("SerialNumber") != u.MFASerial {
		return false, refuse(AccessDenied("MultiFactorAuthentication failed, unable to validate MFA code.  " +
			"Please verify your MFA serial number is valid and associated with this user."))
	}
	current := now.Unix() / totpStep
	for step := current - 1; step <= current+1; step++ {
		match := subtle.ConstantTimeCompare([]byte(totp(u.MFASecret, step)), []byte(params.Get("TokenCode"))) == 1
		if match && !u.usedSteps[step] {
			u.usedSteps[step] = true
			return true, nil
		}
	}
	return false, refuse(AccessDenied("MultiFactorAuthentication failed with invalid MFA one time pass code.  "))
}
