package ststest

import (
	"testing"
	"time"
)

func TestIssueRoleSession(t *testing.T) {
	s := start(t)
	c, err := s.IssueRoleSession(role("path/machine"), "i-0123456789abcdef0", 30*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Expires.Equal(epoch.Add(30*time.Minute)) || c.AccountID != account {
		t.Errorf("account %s, until %v", c.AccountID, c.Expires)
	}
	out, err := client(s, c).GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := "arn:aws:sts::123456789012:assumed-role/machine/i-0123456789abcdef0"; *out.Arn != want {
		t.Errorf("the identity is %s, want %s", *out.Arn, want)
	}
	if _, err := client(s, c).GetSessionToken(t.Context(), nil); err == nil {
		t.Error("a role session got a session token")
	}
	if _, err := s.IssueRoleSession("machine", "x", time.Hour); err == nil {
		t.Error("got a session for an invalid role ARN")
	}
}
