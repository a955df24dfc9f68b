package ststest

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// A virtual device is enabled by two codes that follow each other, of which the second
// is valid now, and by nothing else.
func TestVirtualMFADevice(t *testing.T) {
	key := aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EVEEVE1", SecretAccessKey: "S3CR3TMARKER/eve/xxxxxxxxxxxxxxxxxxxxxxx"}
	now := time.Now()
	s, err := Start(Config{
		Users: []User{{Account: "123456789012", Name: "eve", AccessKeyID: key.AccessKeyID, SecretAccessKey: key.SecretAccessKey}},
		Now:   func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const serial = "arn:aws:iam::123456789012:mfa/phone"
	want := func(code, action string, params ...string) {
		t.Helper()
		if got := iam(t, s, key, global, action, params...); got.Code != code {
			t.Errorf("%s: %q (%s), want %q", action, got.Code, got.Message, code)
		}
	}
	enable := func(code string, first, second time.Duration) {
		t.Helper()
		d := s.devices[serial]
		want(code, "EnableMFADevice", "UserName", "eve", "SerialNumber", serial,
			"AuthenticationCode1", TOTP(d.secret, now.Add(first)), "AuthenticationCode2", TOTP(d.secret, now.Add(second)))
	}
	want("ValidationError", "CreateVirtualMFADevice")
	want("", "CreateVirtualMFADevice", "VirtualMFADeviceName", "phone")
	want("EntityAlreadyExists", "CreateVirtualMFADevice", "VirtualMFADeviceName", "phone")
	want("ValidationError", "EnableMFADevice", "SerialNumber", serial, "AuthenticationCode1", "000000", "AuthenticationCode2", "000000")
	want("NoSuchEntity", "EnableMFADevice", "UserName", "eve", "SerialNumber", serial+"2", "AuthenticationCode1", "000000", "AuthenticationCode2", "000000")
	enable("InvalidAuthenticationCode", 0, 0)
	enable("InvalidAuthenticationCode", -totpStep*time.Second, totpStep*time.Second)
	enable("InvalidAuthenticationCode", -5*totpStep*time.Second, -4*totpStep*time.Second)
	enable("", -totpStep*time.Second, 0)
	enable("EntityAlreadyExists", -totpStep*time.Second, 0)
	want("DeleteConflict", "DeleteVirtualMFADevice", "SerialNumber", serial)
	if all := s.VirtualDevices(); len(all) != 1 || !all[serial] {
		t.Errorf("devices %v", all)
	}
	if got := iam(t, s, key, global, "ListMFADevices"); len(got.MFA) != 1 || got.MFA[0] != serial {
		t.Errorf("listed %v", got.MFA)
	}
	want("", "CreateVirtualMFADevice", "VirtualMFADeviceName", "second")
	want("", "DeleteVirtualMFADevice", "SerialNumber", "arn:aws:iam::123456789012:mfa/second")
	want("NoSuchEntity", "DeleteVirtualMFADevice", "SerialNumber", "arn:aws:iam::123456789012:mfa/second")
}
