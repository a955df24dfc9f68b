package ststest

import (
	"testing"
	"time"
)

func TestStartRefuses(t *testing.T) {
	user := func(change func(*User)) Config {
		u := User{Account: account, Name: "u", AccessKeyID: me.AccessKeyID, SecretAccessKey: me.SecretAccessKey}
		change(&u)
		return Config{Users: []User{u}}
	}
	twice := User{Account: account, Name: "v", AccessKeyID: me.AccessKeyID, SecretAccessKey: me.SecretAccessKey}
	for name, c := range map[string]Config{
		"account":       user(func(u *User) { u.Account = "123" }),
		"no name":       user(func(u *User) { u.Name = "" }),
		"key ID":        user(func(u *User) { u.AccessKeyID = "AKIA" }),
		"secret":        user(func(u *User) { u.SecretAccessKey = "short" }),
		"half a device": user(func(u *User) { u.MFASerial = mfaSerial }),
		"user twice":    {Users: []User{{Account: account, Name: "u"}, {Account: account, Name: "u"}}},
		"key twice":     {Users: []User{twice, {Account: account, Name: "w", AccessKeyID: me.AccessKeyID, SecretAccessKey: me.SecretAccessKey}}},
		"role":          {Roles: []Role{{ARN: meARN}}},
		"role duration": {Roles: []Role{{ARN: role("r"), MaxSessionDuration: 13 * time.Hour}}},
		"role trust":    {Roles: []Role{{ARN: role("r"), Trust: []string{""}}}},
		"token size":    {TokenSize: 10},
	} {
		if s, err := Start(c); err == nil {
			s.Close()
			t.Errorf("%s: started", name)
		}
	}
}

func TestPartition(t *testing.T) {
	s := start(t, func(c *Config) { c.Users[0].Partition = "aws-us-gov" })
	if arn, err := whoami(t, s, me); arn != "arn:aws-us-gov:iam::123456789012:user/me" {
		t.Errorf("%s, %v", arn, err)
	}
}
