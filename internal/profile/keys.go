package profile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// keySettings are the settings that access keys in clear are made of.
var keySettings = []string{"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token"}

// ClearKey is an access key, or what is there of one, in clear in one section of an AWS file.
type ClearKey struct {
	Profile             string // for NoProfile what the brackets hold
	NoProfile           bool   // it is in a section that is no profile
	FromCredentialsFile bool
	Credentials         aws.Credentials // as written; any part may be missing
	Pos                 Pos             // of its first setting

	// Obstacle says why the key cannot be taken out of the file; "" if it can.
	Obstacle string
}

// ClearKeys returns the access keys that are written in the two files, in the order of their places: the credentials file first.
func (c *Config) ClearKeys() []ClearKey {
	var all []ClearKey
	for _, f := range []*File{c.Credentials, c.Config} {
		names := make(map[*section]string, len(f.profiles))
		for name, s := range f.profiles {
			names[s] = name
		}
		inherited, obstacle := f.clearKey(f.defaults), ""
		if inherited != nil {
			inherited.Profile, inherited.NoProfile, inherited.FromCredentialsFile = "DEFAULT", true, f == c.Credentials
			inherited.Obstacle = "[DEFAULT] gives it to every profile: put it into one profile first"
			all = append(all, *inherited)
			obstacle = fmt.Sprintf("[DEFAULT] gives every profile a key (%s), this one too once its own is gone", inherited.Pos)
		}
		for _, s := range f.sections {
			k := f.clearKey(s.own)
			if k == nil {
				continue
			}
			name, isProfile := names[s]
			k.Profile, k.FromCredentialsFile = name, f == c.Credentials
			if !isProfile {
				k.Profile, k.NoProfile, k.Obstacle = s.name, true, fmt.Sprintf("no SDK reads a profile from section [%s]", s.name)
			} else if k.Obstacle == "" {
				k.Obstacle = obstacle
			}
			all = append(all, *k)
		}
	}
	return all
}

// clearKey finds the parts of a key among settings, or returns nil.
func (f *File) clearKey(settings []setting) *ClearKey {
	k := &ClearKey{}
	parts := map[string]string{}
	for _, s := range settings {
		if !slices.Contains(keySettings, s.key) || s.text == "" && s.nested == nil {
			continue
		}
		if k.Pos.Line == 0 {
			k.Pos = Pos{f.Path, s.line}
		}
		if s.nested != nil || strings.Contains(s.text, "\n") {
			k.Obstacle = fmt.Sprintf("%s (line %d) goes on over more than one line", s.key, s.line)
		}
		parts[s.key] = s.text
	}
	if k.Pos.Line == 0 {
		return nil
	}
	k.Credentials = aws.Credentials{
		AccessKeyID:     parts["aws_access_key_id"],
		SecretAccessKey: parts["aws_secret_access_key"],
		SessionToken:    parts["aws_security_token"],
		Source:          f.Path,
	}
	if k.Credentials.SessionToken == "" {
		k.Credentials.SessionToken = parts["aws_session_token"]
	}
	switch {
	case k.Obstacle != "":
	case k.Credentials.AccessKeyID == "":
		k.Obstacle = "aws_access_key_id is missing beside it"
	case k.Credentials.SecretAccessKey == "":
		k.Obstacle = "aws_secret_access_key is missing beside it"
	}
	return k
}
