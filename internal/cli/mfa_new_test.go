package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/ststest"
)

// totpMemory keeps one secret.
type totpMemory struct {
	secret []byte
	puts   int
	broken error
}

func (m *totpMemory) PutTOTP(_ context.Context, _ string, secret []byte) error {
	if m.broken != nil {
		return m.broken
	}
	m.puts++
	m.secret = bytes.Clone(secret)
	return nil
}

func (m *totpMemory) RemoveTOTP(context.Context, string) error {
	m.secret = nil
	return nil
}

// A new device is enabled with two codes that follow each other, after its secret is
// stored. Whatever fails, no device is left without its secret, and no secret without
// its device.
func TestRegister(t *testing.T) {
	const serial = "arn:aws:iam::123456789012:mfa/eve"
	key := aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EVEEVE1", SecretAccessKey: "S3CR3TMARKER/eve/xxxxxxxxxxxxxxxxxxxxxxx"}
	for _, tt := range []struct {
		name    string
		broken  error // the keystore
		forbid  map[string]ststest.Condition
		ended   bool // while it waits
		left    bool // the device, at AWS
		enabled bool
	}{
		{name: "enabled", enabled: true},
		{name: "the keystore fails", broken: errors.New("full")},
		{name: "not allowed to make one", forbid: map[string]ststest.Condition{"CreateVirtualMFADevice": ststest.Always}},
		{name: "not allowed to enable it", forbid: map[string]ststest.Condition{"EnableMFADevice": ststest.Always}},
		{name: "nor to delete it", forbid: map[string]ststest.Condition{"EnableMFADevice": ststest.Always, "DeleteVirtualMFADevice": ststest.Always}, left: true},
		{name: "ended", ended: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := time.Now()
			server, err := ststest.Start(ststest.Config{
				Users: []ststest.User{{Account: "123456789012", Name: "eve", AccessKeyID: key.AccessKeyID, SecretAccessKey: key.SecretAccessKey}},
				Now:   func() time.Time { return now },
			})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			for action, c := range tt.forbid {
				server.Forbid(action, c)
			}
			memory := &totpMemory{broken: tt.broken}
			var stderr bytes.Buffer
			var used []string
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			r := registration{
				iam:  awsapi.Client{Endpoint: server.URL(), IAMEndpoint: server.URL(), Region: "eu-west-1", AppID: "test"}.IAM(key),
				keys: memory, key: "work", user: "eve", out: newUI(deps{stdout: io.Discard, stderr: &stderr}), now: func() time.Time { return now },
				wait: func(_ context.Context, d time.Duration) error {
					if d <= 0 || d > 30*time.Second || memory.puts != 1 || server.Calls("EnableMFADevice") != 0 {
						t.Errorf("waits %v, after %d puts", d, memory.puts)
					}
					if tt.ended {
						cancel(errors.New("ended"))
						return context.Cause(ctx)
					}
					now = now.Add(d)
					return nil
				},
				used: func(_ context.Context, _, code string) error {
					used = append(used, code)
					return nil
				},
			}
			got, err := r.run(ctx)
			devices := server.VirtualDevices()
			if tt.enabled {
				want := []string{ststest.TOTP(memory.secret, now.Add(-30*time.Second)), ststest.TOTP(memory.secret, now)}
				if err != nil || got != serial || !devices[serial] || !slices.Equal(used, want) {
					t.Errorf("got %q, %v; devices %v; used %q, want %q", got, err, devices, used, want)
				}
			} else if err == nil || got != "" || len(used) != 0 || tt.left != errors.As(err, new(*leftDeviceError)) {
				t.Errorf("got %q, %v; used %q", got, err, used)
			}
			if (memory.secret != nil) != (tt.enabled || tt.left) || len(devices) > 0 != (tt.enabled || tt.left) {
				t.Errorf("left: devices %v, %d bytes of the secret", slices.Collect(maps.Keys(devices)), len(memory.secret))
			}
			if text := stderr.String() + errorText(err); strings.Contains(text, ststest.Marker) {
				t.Errorf("a secret is shown: %s", text)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
