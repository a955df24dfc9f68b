package explain

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// Difference is a place in the AWS files that clients read differently.
type Difference struct {
	Place   Place
	Profile string // whose setting it is
	Why     string // never quotes the value
	Fix     string // what to do there
}

// Differences returns where botocore, the Go SDK and the SDK for JavaScript read the
// files differently, in the order of the files. It returns none if botocore cannot
// read the files at all.
func Differences(files profile.Files) []Difference {
	c := load(files)
	ours, err := c.botocore()
	if err != nil {
		return nil
	}
	config, _ := awsini.Parse(c.files.Config, c.config, awsini.ConfigFile) // which botocore has just done
	credentials, _ := awsini.Parse(c.files.Credentials, c.credentials, awsini.CredentialsFile)
	goSDK, jsSDK := c.goSDK(), c.jsSDK()
	all := slices.Concat(
		differences(config, ours.config, goSDK.config, jsSDK.config),
		differences(credentials, ours.credentials, goSDK.credentials, jsSDK.credentials),
		c.strays(),
	)
	slices.SortFunc(all, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Place.Pos.File, b.Place.Pos.File), cmp.Compare(a.Place.Pos.Line, b.Place.Pos.Line))
	})
	return all
}

func differences(f *awsini.File, botocore, goSDK, jsSDK map[string]section) []Difference {
	plain := regexp.MustCompile(`^[\w\-@+.%:/]+$`)
	var all []Difference
	for name, s := range botocore {
		if strings.HasPrefix(name, profileSection) {
			continue // of the credentials file: see strays
		}
		inGo, inJS := goSDK[name], jsSDK[name]
		if len(s) > 0 && !plain.MatchString(name) && (inGo == nil || inJS == nil) {
			all = append(all, Difference{Place{Pos: f.Header(name)}, name, "not all SDKs find a profile whose section is written like this: use plain characters, no quotes", "rename the profile"})
			continue
		}
		for key, v := range s {
			if v.text != "" && (inGo[key].text != v.text || inJS[key].text != v.text) {
				why, fix := whyDifferent(v.text)
				all = append(all, Difference{Place{Pos: v.pos, Key: key}, name, why, fix})
			}
		}
	}
	return all
}

func whyDifferent(text string) (why, fix string) {
	first := text[:1]
	switch {
	case strings.Contains(text, "\n"):
		return "a value that goes on in the next line is not read alike by all SDKs", "write it on one line"
	case strings.Contains(text, " #") || strings.Contains(text, " ;") || strings.Contains(text, "\t#") || strings.Contains(text, "\t;"):
		return "what looks like a comment behind the value is a part of it for the AWS CLI and boto3, and none for other SDKs",
			"put the comment on a line of its own"
	case len(text) > 1 && strings.Contains(`"'`, first) && strings.HasSuffix(text, first):
		return "quotes are a part of the value for all but the Go SDK", "take the quotes out"
	default:
		return "not read alike by all SDKs: write it as key = value, the key in lower case, at the start of the line", "write it as key = value"
	}
}

// strays returns sections that look like profiles but are not. In the config file
// they lack the word profile; in the credentials file they have it.
func (c contents) strays() []Difference {
	var all []Difference
	config, err := awsini.Parse(c.files.Config, c.config, awsini.CredentialsFile) // every section, by what its brackets hold
	if err != nil {
		return nil
	}
	for name, s := range sections(config) {
		if name != "default" && !strings.ContainsAny(name, " \t") && isProfile(s) {
			all = append(all, Difference{Place{Pos: config.Header(name)}, name, "section [" + name + "] is no profile to anyone: in the config file it is written [profile " + name + "]", "write [profile " + name + "]"})
		}
	}
	credentials, err := awsini.Parse(c.files.Credentials, c.credentials, awsini.CredentialsFile)
	if err != nil {
		return all
	}
	for _, name := range credentials.Names() {
		if named, ok := strings.CutPrefix(name, profileSection); ok {
			all = append(all, Difference{Place{Pos: credentials.Header(name)}, name, "section [" + name + "] is not found under its name: in the credentials file it is written [" + named + "]", "write [" + named + "]"})
		}
	}
	return all
}

func isProfile(s section) bool {
	return s.has("aws_access_key_id", "aws_secret_access_key", "role_arn", "source_profile", "credential_process", "region", "mfa_serial",
		"sso_session", "sso_account_id", "web_identity_token_file", "login_session")
}
