package awsfiles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// keySettings are the settings that an access key is made of.
var keySettings = []string{"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token"}

func isKeySetting(key string) bool { return slices.Contains(keySettings, key) }

// PlaintextKey is an access key, or a part of one, in a section of an AWS file.
type PlaintextKey struct {
	Profile             string // for NoProfile what the brackets hold
	NoProfile           bool   // it is in a section that is no profile
	FromCredentialsFile bool
	Credentials         aws.Credentials // as written; any part may be missing
	Pos                 awsini.Pos      // of its first setting

	// Obstacle is why the key cannot be removed from the file; "" if it can.
	Obstacle string
}

// PlaintextKeys returns the access keys that are written in the two files, in the
// order of their places, the credentials file first.
func PlaintextKeys(c *profile.Config) []PlaintextKey {
	var all []PlaintextKey
	for _, f := range []*awsini.File{c.Credentials, c.Config} {
		names := make(map[*awsini.Section]string, len(f.Profiles))
		for name, s := range f.Profiles {
			names[s] = name
		}
		inherited, obstacle := plaintextKey(f, f.Defaults), ""
		if inherited != nil {
			inherited.Profile, inherited.NoProfile, inherited.FromCredentialsFile = "DEFAULT", true, f == c.Credentials
			inherited.Obstacle = "[DEFAULT] gives it to every profile: put it into one profile first"
			all = append(all, *inherited)
			obstacle = fmt.Sprintf("[DEFAULT] gives every profile a key (%s), this one too once its own is gone", inherited.Pos)
		}
		for _, s := range f.Sections {
			k := plaintextKey(f, s.Own)
			if k == nil {
				continue
			}
			name, isProfile := names[s]
			k.Profile, k.FromCredentialsFile = name, f == c.Credentials
			if !isProfile {
				k.Profile, k.NoProfile, k.Obstacle = s.Name, true, fmt.Sprintf("no SDK reads a profile from section [%s]", s.Name)
			} else if k.Obstacle == "" {
				k.Obstacle = obstacle
			}
			all = append(all, *k)
		}
	}
	return all
}

// plaintextKey returns the key that the settings of a section of f make, nil if
// there is no part of one.
func plaintextKey(f *awsini.File, settings []awsini.Setting) *PlaintextKey {
	k := &PlaintextKey{}
	parts := map[string]string{}
	for _, s := range settings {
		if !isKeySetting(s.Key) || s.Text == "" && s.Nested == nil {
			continue
		}
		if k.Pos.Line == 0 {
			k.Pos = awsini.Pos{File: f.Path, Line: s.Line}
		}
		if s.Nested != nil || strings.Contains(s.Text, "\n") {
			k.Obstacle = fmt.Sprintf("%s (line %d) goes on over more than one line", s.Key, s.Line)
		}
		parts[s.Key] = s.Text
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
