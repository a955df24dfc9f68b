package awsfiles

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsini"
)

// RemoveKeys returns data, the content of the file at path, without the lines that
// give profile the long-term key c: its id, its secret, and session tokens without a
// value. Every other byte stays as it is, the section's header included. Changed is
// false, and out is data, if the file has no key for the profile.
//
// The header stays even if nothing is left below it. In the config file the section
// has a credential_process afterwards. In the credentials file every SDK treats an
// empty section like a missing one, because it merges the two files setting by
// setting; without the header, its comments would belong to the section above.
//
// It is an error if the file cannot be parsed, or if the profile has another key
// there, a session, or a key that it shares with others.
func RemoveKeys(data []byte, path string, kind awsini.Kind, profile string, c aws.Credentials) (out []byte, changed bool, err error) {
	before, err := awsini.Parse(path, data, kind)
	if err != nil {
		return nil, false, err
	}
	own := before.Profiles[profile]
	if own == nil || plaintextKey(before, own.Own) == nil {
		return data, false, nil
	}
	k := plaintextKey(before, own.Own)
	switch {
	case k.Obstacle != "":
		return nil, false, &EditError{profile, k.Pos.String(), k.Obstacle}
	case plaintextKey(before, before.Defaults) != nil:
		return nil, false, &EditError{profile, k.Pos.String(), "[DEFAULT] has a key too"}
	case k.Credentials.AccessKeyID != c.AccessKeyID, k.Credentials.SecretAccessKey != c.SecretAccessKey, k.Credentials.SessionToken != "":
		return nil, false, &EditError{profile, k.Pos.String(), "another key is there"}
	}

	// No line becomes a continuation of the one above by this: what follows a setting and is none of its continuations is
	// indented no more than it, and so no more than the setting before it.
	lines := awsini.SplitLines(string(data))
	var kept []awsini.Setting
	for _, s := range own.Own {
		if isKeySetting(s.Key) {
			lines[s.Line-1] = ""
		} else {
			kept = append(kept, s)
		}
	}
	out = []byte(strings.Join(lines, ""))

	after, err := awsini.Parse(path, out, kind)
	if err != nil {
		return nil, false, err
	}
	same := slices.EqualFunc(before.Sections, after.Sections, func(b, a *awsini.Section) bool {
		want := b.Own
		if b == own {
			want = kept
		}
		return b.Name == a.Name && sameText(want, a.Own)
	})
	if !same || !sameText(before.Defaults, after.Defaults) {
		return nil, false, &EditError{profile, path, "the file's layout does not let its key be taken out safely"}
	}
	return out, true, nil
}

// ProcessConflict returns an error about the first of a profile's settings that some
// SDK would use instead of a credential_process, or nil. It ignores access keys, and
// a credential_process.
func ProcessConflict(profile string, settings awsini.Settings) error {
	others := awsini.Settings{}
	for key, v := range settings {
		if key != "credential_process" && !isKeySetting(key) {
			others[key] = v
		}
	}
	return conflict(profile, others, "")
}
