package profile

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/awsinitest"
)

func plain(m map[string]awsini.Value) map[string]any {
	out := map[string]any{}
	for key, v := range m {
		if v.Nested != nil {
			out[key] = plain(v.Nested)
		} else {
			out[key] = v.Text
		}
	}
	return out
}

func plainSections(f *awsini.File, sections map[string]*awsini.Section) map[string]map[string]any {
	out := map[string]map[string]any{}
	for name, s := range sections {
		out[name] = plain(f.SettingsOf(s))
	}
	return out
}

// ours answers as the script does.
func ours(c awsinitest.Files) (awsinitest.FileAnswer, error) {
	config, err := awsini.Parse("config", c.Config, awsini.ConfigFile)
	if err != nil {
		return awsinitest.FileAnswer{}, err
	}
	credentials, err := awsini.Parse("credentials", c.Credentials, awsini.CredentialsFile)
	if err != nil {
		return awsinitest.FileAnswer{}, err
	}
	both := &Config{Config: config, Credentials: credentials}
	profiles := map[string]map[string]any{}
	for _, name := range both.Names() {
		settings, _ := both.Lookup(name)
		profiles[name] = plain(settings)
	}
	return awsinitest.FileAnswer{
		Profiles:    profiles,
		SSOSessions: plainSections(config, config.SSOSessions),
		Services:    plainSections(config, config.Services),
	}, nil
}

// readsDifferently returns why a file is meant to be read differently than by
// botocore.
func readsDifferently(c awsinitest.Files) string {
	for _, data := range [][]byte{c.Config, c.Credentials} {
		switch {
		case bytes.HasPrefix(data, []byte(awsini.BOM)):
			return "botocore takes a byte order mark for text before the first section"
		case bytes.IndexByte(data, 0) >= 0:
			return "a NUL byte is no error to botocore"
		}
	}
	return ""
}

func TestReadsAsBotocore(t *testing.T) {
	var cases []awsinitest.Files
	files := awsinitest.Corpus(t)
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		cases = append(cases, awsinitest.Files{Config: files[name]}, awsinitest.Files{Credentials: files[name]})
		for _, other := range []string{"credentials", "plain", "defaults"} {
			cases = append(cases, awsinitest.Files{Config: files[name], Credentials: files[other]})
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		cases = append(cases, awsinitest.Files{Config: awsinitest.RandomFile(random), Credentials: awsinitest.RandomFile(random)})
	}
	for range 1000 {
		cases = append(cases, awsinitest.Files{Config: awsinitest.Mutated(random, files[names[random.IntN(len(names))]])})
	}
	awsinitest.AskBotocore(t, awsinitest.Question{Files: cases}, nil, func(t *testing.T, a awsinitest.Answer) {
		valid := 0
		for i, c := range cases {
			if readsDifferently(c) != "" {
				continue
			}
			want := a.Files[i]
			got, err := ours(c)
			if want.Services == nil {
				got.Services = nil
			}
			if (err != nil) != (want.Error != "") {
				t.Fatalf("%q:\nour error      %v\nbotocore error %s", c, err, want.Error)
			}
			if err != nil {
				continue
			}
			valid++
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%q:\n got %v\nwant %v", c, got, want)
			}
		}
		if valid < len(cases)/4 {
			t.Errorf("only %d of %d cases are valid", valid, len(cases))
		}
	})
}

func TestExpandsPathsAsBotocore(t *testing.T) {
	paths := []string{"~", "~/x", "~/", "/a/~", "a~", "$ONE/x", "${ONE}/x", "${ONE", "$", "$$", "$ONE$TWO", "${}", "$NOTSET/x", "${NOTSET}", "$ÖNE", "~$ONE", "$TILDE/x", "a$ONEb$ONE-b"}
	vars := map[string]string{"ONE": "one$TWO", "TWO": "two", "TILDE": "~", "HOME": "/home/me/"}
	env := []string{}
	for name, value := range vars {
		env = append(env, name+"="+value)
	}
	awsinitest.AskBotocore(t, awsinitest.Question{Paths: paths}, env, func(t *testing.T, a awsinitest.Answer) {
		for i, path := range paths {
			files := DefaultFiles(func(name string) string {
				if name == "AWS_CONFIG_FILE" {
					return path
				}
				return vars[name]
			}, vars["HOME"])
			if files.Config != a.Paths[i] {
				t.Errorf("%q: got %q, want %q", path, files.Config, a.Paths[i])
			}
		}
	})
}
