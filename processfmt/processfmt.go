// Package processfmt writes and reads credentials in the format that AWS SDKs
// expect of a credential_process, version 1. It also writes them as assignments
// for shells.
//
// "Source credentials with an external process" in the AWS SDKs and Tools
// Reference Guide describes the format.
package processfmt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/credentials"
)

// Source is the provider name in credentials that Decode returns.
const Source = "credential_process"

// maxSize is the most that Decode reads, in bytes. Session tokens have no
// documented limit; the largest ones seen have a few kilobytes.
const maxSize = 1 << 20

// output is the JSON object that Decode reads.
type output struct {
	Version         int
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      string
	AccountID       string `json:"AccountId"`
}

// Encode writes c as one JSON object and a newline, in a single Write, so that
// a failure leaves no partial object on a pipe.
//
// It writes Expiration only if c can expire, because SDKs treat credentials
// without it as valid for ever. The time is in UTC, in whole seconds, in the
// form of RFC 3339 with a zone, which every SDK requires. Credentials without
// an access key ID or a secret access key are an error.
func Encode(w io.Writer, c credentials.Plain) error {
	if !hasKeys(c) {
		return errors.New("credentials without an access key ID or a secret access key")
	}
	out := append(make([]byte, 0, 2<<10), `{"Version":1`...)
	for _, member := range [][2]string{
		{"AccessKeyId", c.AccessKeyID},
		{"SecretAccessKey", c.SecretAccessKey},
		{"SessionToken", c.SessionToken},
		{"Expiration", expiration(c)},
		{"AccountId", c.AccountID},
	} {
		if member[1] == "" { // botocore and the Go SDK reject ""
			continue
		}
		value, err := quote(member[1])
		if err != nil {
			return errors.New("encode credentials: not representable as JSON")
		}
		out = append(append(append(out, `,"`...), member[0]...), `":`...)
		out = append(out, value...)
	}
	_, err := w.Write(append(out, "}\n"...))
	return err
}

func expiration(c credentials.Plain) string {
	if !c.CanExpire {
		return ""
	}
	return c.Expires.UTC().Format(time.RFC3339)
}

// quote returns s as a JSON string. Values from AWS need no escapes and skip
// the encoder, whose start costs more than the rest of a warm call.
func quote(s string) (string, error) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			var buf bytes.Buffer
			enc := json.NewEncoder(&buf)
			enc.SetEscapeHTML(false)
			err := enc.Encode(s)
			return strings.TrimSuffix(buf.String(), "\n"), err
		}
	}
	return `"` + s + `"`, nil
}

func hasKeys(c credentials.Plain) bool { return c.AccessKeyID != "" && c.SecretAccessKey != "" }

// Decode reads the output of a credential_process: one JSON object of version
// 1, followed by nothing but white space. It reads at most 1 MiB.
//
// Decode sets the Source of the credentials to [Source]. Its errors never quote
// the input, which holds secrets; an error of r is returned as it is.
func Decode(r io.Reader) (credentials.Plain, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return credentials.Plain{}, err
	}
	if len(data) > maxSize {
		return credentials.Plain{}, fmt.Errorf("more than %d bytes of output", maxSize)
	}
	var in output
	if err := json.Unmarshal(data, &in); err != nil {
		return credentials.Plain{}, errors.New("output is not the JSON object of a credential_process")
	}
	if in.Version != 1 {
		return credentials.Plain{}, fmt.Errorf("output has version %d, want 1", in.Version)
	}
	c := credentials.Plain{
		AccessKeyID:     in.AccessKeyID,
		SecretAccessKey: in.SecretAccessKey,
		SessionToken:    in.SessionToken,
		AccountID:       in.AccountID,
		Source:          Source,
	}
	if !hasKeys(c) {
		return credentials.Plain{}, errors.New("output lacks AccessKeyId or SecretAccessKey")
	}
	if in.Expiration != "" {
		c.Expires, err = time.Parse(time.RFC3339, in.Expiration)
		if err != nil {
			return credentials.Plain{}, errors.New("the Expiration in the output is not an RFC 3339 time")
		}
		c.CanExpire = true
	}
	return c, nil
}
