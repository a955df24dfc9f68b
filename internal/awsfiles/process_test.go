package awsfiles

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/awsinitest"
	"github.com/awsexec/awsexec/internal/profile"
)

func TestAddCredentialProcess(t *testing.T) {
	for _, c := range []struct {
		name, data, profile, want string
	}{
		{"empty file", "", "dev", "[profile dev]\n+"},
		{"default", "", "default", "[default]\n+"},
		{"only a byte order mark", awsini.BOM, "dev", awsini.BOM + "[profile dev]\n+"},
		{"appended", "[default]\nregion = x\n", "dev", "[default]\nregion = x\n\n[profile dev]\n+"},
		{"appended behind a blank line", "[default]\n\n", "dev", "[default]\n\n[profile dev]\n+"},
		{"appended behind a line without end", "# note", "dev", "# note\n\n[profile dev]\n+"},
		{"appended, CRLF", awsini.BOM + "[default]\r\nregion = x", "dev", awsini.BOM + "[default]\r\nregion = x\r\n\r\n[profile dev]\r\n+\r"},
		{"quoted name", "", "a b", "[profile \"a b\"]\n+"},
		{"name with quotes", "", `a'b"c`, "[profile \"a'b\\\"c\"]\n+"},
		{"UTF-8 name", "", "мир", "[profile мир]\n+"},
		{"name that looks odd", "", "a]b#c", "[profile a]b#c]\n+"},
		{"section there", "[profile dev]\nregion = x\n\n# about b\n[profile b]\n", "dev", "[profile dev]\nregion = x\n+\n# about b\n[profile b]\n"},
		{"section there, last", "[profile dev]\nregion = x", "dev", "[profile dev]\nregion = x\n+"},
		{"header alone", "[profile dev]\n[profile b]\n", "dev", "[profile dev]\n+[profile b]\n"},
		{"header alone, next one indented", "[profile dev]\n  # c\n  [profile b]\n", "dev", "[profile dev]\n  +  # c\n  [profile b]\n"},
		{"indented keys", "[profile dev]\n  region = x\n\n [profile b]\n", "dev", "[profile dev]\n  region = x\n  +\n [profile b]\n"},
		{"nested settings last", "[profile dev]\ns3 =\n  a = b\n\n  c = d\n# x\n", "dev", "[profile dev]\ns3 =\n  a = b\n\n  c = d\n+# x\n"},
		{"CRLF", "[profile dev]\r\nregion = x\r\n[default]\r\n", "dev", "[profile dev]\r\nregion = x\r\n+\r[default]\r\n"},
		{"CR", "[profile dev]\rregion = x\r[default]\r", "dev", "[profile dev]\rregion = x\r+CR[default]\r"},
		{"quoted section there", "[profile 'dev']\n", "dev", "[profile 'dev']\n+"},
		{"profile default there", "[profile default]\n", "default", "[profile default]\n+"},
		{"other profile of that name in effect", "[profile dev]\n[profile 'dev']\n[x]\n", "dev", "[profile dev]\n[profile 'dev']\n+[x]\n"},
		{"same line there", "[profile dev]\ncredential_process: awsexec -p dev\nmfa_serial = x", "dev", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			const line = "credential_process = awsexec -p dev"
			want := strings.NewReplacer("+\r\n", line+"\r\n", "+\r", line+"\r\n", "+CR", line+"\r", "+", line+"\n").Replace(c.want)
			out, changed, err := AddCredentialProcess([]byte(c.data), "/p", c.profile, "awsexec -p dev")
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if changed || string(out) != c.data {
					t.Errorf("changed %t to %q", changed, out)
				}
				return
			}
			if !changed || string(out) != want {
				t.Errorf("changed %t\n got %q\nwant %q", changed, out, want)
			}
			again, changed, err := AddCredentialProcess(out, "/p", c.profile, "awsexec -p dev")
			if err != nil || changed || string(again) != string(out) {
				t.Errorf("a second time: %q, %t, %v", again, changed, err)
			}
		})
	}
}

func TestAddCredentialProcessRefuses(t *testing.T) {
	for _, c := range []struct{ name, data, profile, command, want string }{
		{"malformed file", "x\n", "dev", "awsexec", "/p:1: "},
		{"another process", "[profile dev]\ncredential_process = other\n", "dev", "awsexec", `profile "dev": /p:2: credential_process: is already`},
		{"empty process", "[profile dev]\ncredential_process =\n", "dev", "awsexec", `/p:2: `},
		{"keys", "[default]\naws_access_key_id = x\n", "default", "awsexec", `profile "default": /p:2: aws_access_key_id`},
		{"role", "[profile dev]\nregion = x\nrole_arn = x\n", "dev", "awsexec", `/p:3: role_arn`},
		{"source", "[profile dev]\nsource_profile = x\n", "dev", "awsexec", `/p:2: source_profile`},
		{"SSO beside the same line", "[profile dev]\ncredential_process = awsexec\nsso_session = x\n", "dev", "awsexec", `/p:3: sso_session`},
		{"inherited", "[DEFAULT]\nweb_identity_token_file = x\n[profile dev]\n", "dev", "awsexec", `/p:2: web_identity_token_file`},
		{"command of two lines", "", "dev", "awsexec\nx", "control characters"},
		{"no command", "", "dev", "", "empty"},
		{"spaces around the command", "", "dev", " awsexec", "spaces"},
		{"no name", "", "", "awsexec", "name"},
		{"name of two lines", "", "a\nb", "awsexec", "name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, changed, err := AddCredentialProcess([]byte(c.data), "/p", c.profile, c.command)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if out != nil || changed {
				t.Errorf("got %q, %t with an error", out, changed)
			}
		})
	}
	var setting *profile.SettingError
	_, _, err := AddCredentialProcess([]byte("[default]\nrole_arn = x\n"), "/p", "default", "awsexec")
	if !errors.As(err, &setting) || setting.Key != "role_arn" || setting.Pos.Line != 2 {
		t.Errorf("got %#v", err)
	}
}

func TestEditKeepsEveryOtherByte(t *testing.T) {
	files := awsinitest.Corpus(t)
	for _, data := range files {
		for _, name := range []string{"default", "work", "new one", "c", "indented", "n", "d", "q", "x"} {
			checkEdit(t, data, name, "/usr/bin/awsexec --profile x")
		}
	}
	random := rand.New(rand.NewPCG(5, 6))
	edited := 0
	for range 5000 {
		data := awsinitest.RandomFile(random)
		for _, name := range []string{"default", "a", "b", "a b", "é"} {
			if checkEdit(t, data, name, "awsexec") {
				edited++
			}
		}
	}
	if edited < 5000 {
		t.Errorf("only %d files were edited", edited)
	}
}

// checkEdit edits data if that is possible, and checks that nothing but the one
// setting changed.
func checkEdit(t *testing.T, data []byte, profile, command string) (changed bool) {
	t.Helper()
	before, err := awsini.Parse("p", data, awsini.ConfigFile)
	if err != nil {
		return false
	}
	out, changed, err := AddCredentialProcess(data, "p", profile, command)
	if err != nil {
		if strings.Contains(err.Error(), "layout") {
			t.Fatalf("%q: %v", data, err)
		}
		return false
	}
	if !changed {
		if string(out) != string(data) {
			t.Fatalf("%q was changed to %q", data, out)
		}
		return false
	}
	// Out must be data with one piece put in.
	head := 0
	for head < len(data) && data[head] == out[head] {
		head++
	}
	if len(out) <= len(data) || string(out[len(out)-(len(data)-head):]) != string(data[head:]) {
		t.Fatalf("%q was changed to %q", data, out)
	}
	after, err := awsini.Parse("p", out, awsini.ConfigFile)
	if err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	settings := lookupText(after, profile)
	if settings["credential_process"] != command {
		t.Fatalf("%q has %q", out, settings)
	}
	delete(settings, "credential_process")
	was := lookupText(before, profile)
	if !reflect.DeepEqual(settings, was) {
		t.Fatalf("%q: profile %q changed from %v to %v", data, profile, was, settings)
	}
	for _, other := range before.Names() {
		if other == profile {
			continue
		}
		was, is := lookupText(before, other), lookupText(after, other)
		if !reflect.DeepEqual(is, was) {
			t.Fatalf("%q: profile %q changed from %v to %v", data, other, was, is)
		}
	}
	return true
}

// lookupText returns the settings of a profile, or those that it would inherit.
func lookupText(f *awsini.File, profile string) map[string]any {
	if settings, ok := f.Lookup(profile); ok {
		return plain(settings)
	}
	return plain(f.SettingsOf(&awsini.Section{}))
}

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
