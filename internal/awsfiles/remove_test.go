package awsfiles

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/awsinitest"
	"github.com/awsexec/awsexec/internal/profile"
)

const (
	plaintextID     = "AKIAIOSFODNN7EXAMPLE"
	plaintextSecret = "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"
)

var plaintext = aws.Credentials{AccessKeyID: plaintextID, SecretAccessKey: plaintextSecret}

func TestRemoveKeys(t *testing.T) {
	id, sec := "aws_access_key_id = "+plaintextID+"\n", "aws_secret_access_key = "+plaintextSecret+"\n"
	for _, c := range []struct {
		name, data, want string
		kind             awsini.Kind
	}{
		{"credentials", "[dev]\n" + id + sec, "[dev]\n", awsini.CredentialsFile},
		{"no line end", "[dev]\n" + id + strings.TrimSuffix(sec, "\n"), "[dev]\n", awsini.CredentialsFile},
		{"between others", "# a\n[a]\nx = 1\n" + "[dev] # mine\n# before\n" + id + "# between\n\n" + sec + "# after\nregion = x\n\n[b]\n" + "y = 2",
			"# a\n[a]\nx = 1\n[dev] # mine\n# before\n# between\n\n# after\nregion = x\n\n[b]\ny = 2", awsini.CredentialsFile},
		{"other order, capitals, colons, spaces", "[dev]\n  AWS_SECRET_ACCESS_KEY:" + plaintextSecret + "  \n  s3 =\n    a = b\n  Aws_Access_Key_Id\t:\t" + plaintextID + "\n",
			"[dev]\n  s3 =\n    a = b\n", awsini.CredentialsFile},
		{"empty token", "[dev]\n" + id + sec + "aws_session_token =\naws_security_token:\nregion = x\n", "[dev]\nregion = x\n", awsini.CredentialsFile},
		{"CRLF and BOM", awsini.BOM + "[dev]\r\n" + strings.ReplaceAll(id+sec, "\n", "\r\n") + "region = x\r\n", awsini.BOM + "[dev]\r\nregion = x\r\n", awsini.CredentialsFile},
		{"config", "[profile dev]\n" + id + "region = x\n" + sec, "[profile dev]\nregion = x\n", awsini.ConfigFile},
		{"the other profile of two", "[other]\n" + id + sec + "[dev]\n" + id + sec, "[other]\n" + id + sec + "[dev]\n", awsini.CredentialsFile},
		{"indented less and less", "[dev]\n    region = x\n  " + id + " " + sec + "output = y\n", "[dev]\n    region = x\noutput = y\n", awsini.CredentialsFile},
		{"no key", "[dev]\nregion = x\n", "", awsini.CredentialsFile},
		{"no such profile", "[other]\n" + id + sec, "", awsini.CredentialsFile},
		{"no profile in config", "[dev]\n" + id + sec, "", awsini.ConfigFile},
		{"empty file", "", "", awsini.CredentialsFile},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, changed, err := RemoveKeys([]byte(c.data), "/p", c.kind, "dev", plaintext)
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want == "" {
				want = c.data
			}
			if changed != (c.want != "") || string(out) != want {
				t.Errorf("changed %t\n got %q\nwant %q", changed, out, want)
			}
			again, changed, err := RemoveKeys(out, "/p", c.kind, "dev", plaintext)
			if err != nil || changed || string(again) != string(out) {
				t.Errorf("a second time: %q, %t, %v", again, changed, err)
			}
		})
	}
}

func TestRemoveKeysRefuses(t *testing.T) {
	id, sec := "aws_access_key_id = "+plaintextID+"\n", "aws_secret_access_key = "+plaintextSecret+"\n"
	for _, c := range []struct{ name, data, want string }{
		{"malformed", "x\n", "/p:1: "},
		{"other id", "[dev]\naws_access_key_id = AKIAIOSFODNN7ANOTHER\n" + sec, `profile "dev": /p:2: another key`},
		{"other secret", "[dev]\n" + id + "aws_secret_access_key = x\n", `/p:2: another key`},
		{"session", "[dev]\n" + id + sec + "aws_session_token = x\n", "another key"},
		{"id alone", "[dev]\n" + id, "aws_secret_access_key is missing"},
		{"secret alone", "[dev]\nregion = x\n" + sec, "/p:3: aws_access_key_id is missing"},
		{"two lines", "[dev]\n" + id + strings.TrimSuffix(sec, "\n") + "\n  more\n", "(line 3) goes on"},
		{"nested", "[dev]\n" + id + "aws_secret_access_key =\n  a = b\n", "(line 3) goes on"},
		{"inherited as well", "[DEFAULT]\n" + id + sec + "[dev]\n" + id + sec, "[DEFAULT]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, changed, err := RemoveKeys([]byte(c.data), "/p", awsini.CredentialsFile, "dev", plaintext)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "S3CR3TMARKER") {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if out != nil || changed {
				t.Errorf("got %q, %t with an error", out, changed)
			}
		})
	}
}

func TestPlaintextKeys(t *testing.T) {
	parse := func(kind awsini.Kind, text string) *awsini.File {
		f, err := awsini.Parse(map[awsini.Kind]string{awsini.ConfigFile: "config", awsini.CredentialsFile: "credentials"}[kind], []byte(text), kind)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	const id, sec = "aws_access_key_id = ID\n", "aws_secret_access_key = S\n"
	found := func(config, credentials string) []string {
		c := &profile.Config{Config: parse(awsini.ConfigFile, config), Credentials: parse(awsini.CredentialsFile, credentials)}
		var out []string
		for _, k := range PlaintextKeys(c) {
			line := fmt.Sprintf("%s %s %s %q", k.Profile, k.Pos, k.Credentials.AccessKeyID, k.Obstacle)
			if k.Credentials.SessionToken != "" {
				line += " session"
			}
			if k.NoProfile {
				line += " no profile"
			}
			if k.FromCredentialsFile != (k.Pos.File == "credentials") || k.Credentials.Source != k.Pos.File {
				t.Errorf("%s: from the wrong file", line)
			}
			out = append(out, line)
		}
		return out
	}
	for _, c := range []struct {
		name, config, credentials string
		want                      []string
	}{
		{"none", "[default]\nregion = x\n", "[a]\naws_access_key_id =\n", nil},
		{"both files", "[profile b]\n" + id + sec + "[default]\n" + sec + id, "[b]\nx = y\n" + id + sec, []string{
			`b credentials:3 ID ""`, `b config:2 ID ""`, `default config:5 ID ""`}},
		{"session", "", "[a]\n" + id + sec + "aws_session_token = T\n[b]\naws_security_token = T\n" + id + sec, []string{
			`a credentials:2 ID "" session`, `b credentials:6 ID "" session`}},
		{"incomplete", "", "[a]\n" + id + "[b]\n" + sec, []string{
			`a credentials:2 ID "aws_secret_access_key is missing beside it"`, `b credentials:4  "aws_access_key_id is missing beside it"`}},
		{"no profile", "[a]\n" + id + sec, "", []string{`a config:2 ID "no SDK reads a profile from section [a]" no profile`}},
		{"shadowed", "[profile a]\n" + id + sec + "[profile 'a']\n", "", []string{`profile a config:2 ID "no SDK reads a profile from section [profile a]" no profile`}},
		{"inherited", "", "[DEFAULT]\n" + id + sec + "[a]\n" + id + sec, []string{
			`DEFAULT credentials:2 ID "[DEFAULT] gives it to every profile: put it into one profile first" no profile`,
			`a credentials:5 ID "[DEFAULT] gives every profile a key (credentials:2), this one too once its own is gone"`}},
	} {
		if got := found(c.config, c.credentials); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestProcessConflict(t *testing.T) {
	c := &profile.Config{}
	var err error
	if c.Config, err = awsini.Parse("config", []byte("[profile a]\nrole_arn = x\n[profile b]\ncredential_process = x\naws_access_key_id = x\n"), awsini.ConfigFile); err != nil {
		t.Fatal(err)
	}
	if c.Credentials, err = awsini.Parse("credentials", nil, awsini.CredentialsFile); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "role_arn", "b": ""} {
		settings, _ := c.Lookup(name)
		err := ProcessConflict(name, settings)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("profile %q: got %v, want %q", name, err, want)
		}
	}
}

// randomKeyFile returns a file with keys of every kind, most of which can be removed.
func randomKeyFile(r *rand.Rand, kind awsini.Kind) []byte {
	eol := awsinitest.Pick(r, "\n", "\n", "\r\n", "\r")
	var b strings.Builder
	if r.IntN(8) == 0 {
		b.WriteString("# first" + eol)
	}
	for _, name := range []string{"default", "a", "b", "é f"} {
		if r.IntN(5) == 0 {
			continue
		}
		header := name
		if kind == awsini.ConfigFile && name != "default" {
			header = "profile " + awsini.QuoteWord(name)
		}
		b.WriteString(awsinitest.Pick(r, "", "", " ") + "[" + header + "]" + awsinitest.Pick(r, "", "", " # x") + eol)
		indent := awsinitest.Pick(r, "", "", "  ", "\t")
		setting := func(k, v string) string {
			return indent + awsinitest.Pick(r, k, k, strings.ToUpper(k)) + awsinitest.Pick(r, "", " ", "\t") + awsinitest.Pick(r, "=", "=", ":") + awsinitest.Pick(r, "", " ") + v + awsinitest.Pick(r, "", "", " ") + eol
		}
		var lines []string
		if r.IntN(4) > 0 {
			lines = append(lines, setting("aws_access_key_id", plaintextID))
		}
		if r.IntN(12) > 0 {
			lines = append(lines, setting("aws_secret_access_key", plaintextSecret+awsinitest.Pick(r, "", "", "", "", "", "", "", eol+indent+"  more")))
		}
		if r.IntN(6) == 0 {
			lines = append(lines, setting("aws_session_token", awsinitest.Pick(r, "", "", "token")))
		}
		for i := range r.IntN(4) {
			lines = append(lines, setting(awsinitest.Pick(r, "region", "output", "s3", "Ünï")+fmt.Sprint(i),
				awsinitest.Pick(r, "x", "x # y", "", eol+indent+"   n = m"+eol+indent+"   o = p", "two"+eol+eol+indent+" lines", "[z]", "aws_secret_access_key = no")))
		}
		for range r.IntN(3) {
			lines = append(lines, awsinitest.Pick(r, "", indent)+awsinitest.Pick(r, "# c", "; aws_access_key_id = no", "#", "", "   ", "    # deep")+eol)
		}
		r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		b.WriteString(strings.Join(lines, ""))
	}
	if r.IntN(20) == 0 {
		b.WriteString("[DEFAULT]" + eol + "aws_access_key_id = " + plaintextID + eol)
	}
	text := b.String()
	if r.IntN(4) == 0 {
		text = strings.TrimSuffix(text, eol)
	}
	return []byte(text)
}

// checkRemoval removes the keys of a profile from data, if that is possible, and
// checks that nothing else changed.
func checkRemoval(t *testing.T, data []byte, kind awsini.Kind, profile string) (out []byte, changed bool) {
	t.Helper()
	before, err := awsini.Parse("p", data, kind)
	if err != nil {
		return data, false
	}
	out, changed, err = RemoveKeys(data, "p", kind, profile, plaintext)
	if err != nil {
		if strings.Contains(err.Error(), "layout") || strings.Contains(err.Error(), "S3CR3TMARKER") {
			t.Fatalf("%q: %v", data, err)
		}
		return data, false
	}
	if !changed {
		if string(out) != string(data) {
			t.Fatalf("%q was changed to %q", data, out)
		}
		return data, false
	}
	// Out must be the lines of data but for those of the key, each with all its bytes.
	rest := awsini.SplitLines(string(out))
	removed := 0
	for _, line := range awsini.SplitLines(string(data)) {
		switch {
		case len(rest) > 0 && rest[0] == line:
			rest = rest[1:]
		case isKeyLine(line):
			removed++
		default:
			t.Fatalf("%q was changed to %q: line %q is gone", data, out, line)
		}
	}
	if len(rest) > 0 || removed < 2 {
		t.Fatalf("%q was changed to %q: %d lines taken out, %q left over", data, out, removed, rest)
	}
	after, err := awsini.Parse("p", out, kind)
	if err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	for _, name := range before.Names() {
		was, is := lookupText(before, name), lookupText(after, name)
		if name == profile {
			for _, k := range keySettings {
				delete(was, k)
			}
		}
		if !reflect.DeepEqual(is, was) {
			t.Fatalf("%q: profile %q changed from %v to %v", data, name, was, is)
		}
	}
	return out, true
}

// isKeyLine reports whether a line begins like one that may be removed.
func isKeyLine(line string) bool {
	k, _, ok := awsini.CutOption(awsini.Trim(line))
	return ok && (k == "aws_access_key_id" || k == "aws_secret_access_key" || k == "aws_session_token" || k == "aws_security_token")
}

func TestRemovalKeepsEveryOtherByte(t *testing.T) {
	for _, data := range awsinitest.Corpus(t) {
		for _, kind := range []awsini.Kind{awsini.ConfigFile, awsini.CredentialsFile} {
			for _, name := range []string{"default", "work", "c", "x"} {
				checkRemoval(t, data, kind, name)
			}
		}
	}
	random := rand.New(rand.NewPCG(7, 8))
	moved := 0
	for range 500 {
		for _, kind := range []awsini.Kind{awsini.ConfigFile, awsini.CredentialsFile} {
			data := randomKeyFile(random, kind)
			for _, name := range []string{"default", "a", "b", "é f"} {
				if out, changed := checkRemoval(t, data, kind, name); changed {
					moved++
					checkRedacted(t, data)
					checkRedacted(t, out)
				}
			}
		}
	}
	if moved < 800 {
		t.Errorf("only %d keys were taken out", moved)
	}
}

// Botocore reads the edited files as intended: the profiles as they were, without
// the moved keys and with their process.
func TestMovedKeysAsBotocoreReadsThem(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	type move struct {
		name                 string
		before, after        awsinitest.Files
		beforeCase, thisCase int
	}
	var moves []move
	var cases []awsinitest.Files
	for len(moves) < 400 {
		before := awsinitest.Files{Config: randomKeyFile(random, awsini.ConfigFile), Credentials: randomKeyFile(random, awsini.CredentialsFile)}
		_, configErr := awsini.Parse("p", before.Config, awsini.ConfigFile)
		_, credentialsErr := awsini.Parse("p", before.Credentials, awsini.CredentialsFile)
		if configErr != nil || credentialsErr != nil {
			continue // an indented header was no header
		}
		for _, name := range []string{"default", "a", "b", "é f"} {
			config, inConfig := checkRemoval(t, before.Config, awsini.ConfigFile, name)
			credentials, inCredentials := checkRemoval(t, before.Credentials, awsini.CredentialsFile, name)
			if !inConfig && !inCredentials {
				continue
			}
			config, _, err := AddCredentialProcess(config, "p", name, "/bin/awsexec -p x")
			if err != nil {
				continue // the other file has something that does not go together with it
			}
			m := move{name: name, before: before, after: awsinitest.Files{Config: config, Credentials: credentials}, beforeCase: len(cases), thisCase: len(cases) + 1}
			cases = append(cases, m.before, m.after)
			moves = append(moves, m)
		}
	}
	awsinitest.AskBotocore(t, awsinitest.Question{Files: cases}, nil, func(t *testing.T, a awsinitest.Answer) {
		for _, m := range moves {
			was, is := a.Files[m.beforeCase], a.Files[m.thisCase]
			if was.Error != "" || is.Error != "" {
				t.Fatalf("%q: %s\n%q: %s", m.before, was.Error, m.after, is.Error)
			}
			want := map[string]map[string]any{}
			for name, settings := range was.Profiles {
				want[name] = maps.Clone(settings)
			}
			if want[m.name] == nil {
				want[m.name] = map[string]any{}
			}
			want[m.name]["credential_process"] = "/bin/awsexec -p x"
			for _, k := range keySettings {
				delete(want[m.name], k)
				// A file with no key, or with one that cannot be taken out, keeps what it has.
				if left, ok := is.Profiles[m.name][k]; ok && (left == "" || hasOwnKey(t, m.after, m.name)) {
					want[m.name][k] = left
				}
			}
			if !reflect.DeepEqual(is.Profiles, want) {
				t.Fatalf("%q\n→ %q\n got %v\nwant %v", m.before, m.after, is.Profiles, want)
			}
		}
	})
}

// hasOwnKey reports whether one of the files still has parts of a key for a profile.
func hasOwnKey(t *testing.T, c awsinitest.Files, profile string) bool {
	t.Helper()
	for kind, data := range map[awsini.Kind][]byte{awsini.ConfigFile: c.Config, awsini.CredentialsFile: c.Credentials} {
		f, err := awsini.Parse("p", data, kind)
		if err != nil {
			t.Fatal(err)
		}
		if s := f.Profiles[profile]; plaintextKey(f, f.Defaults) != nil || s != nil && plaintextKey(f, s.Own) != nil {
			return true
		}
	}
	return false
}

func FuzzRemoveKeys(f *testing.F) {
	for _, data := range awsinitest.Corpus(f) {
		f.Add(data)
	}
	random := rand.New(rand.NewPCG(11, 12))
	for range 20 {
		f.Add(randomKeyFile(random, awsini.CredentialsFile))
		f.Add(randomKeyFile(random, awsini.ConfigFile))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, kind := range []awsini.Kind{awsini.ConfigFile, awsini.CredentialsFile} {
			file, err := awsini.Parse("p", data, kind)
			if err != nil {
				continue
			}
			for _, name := range file.Names() {
				checkRemoval(t, data, kind, name)
			}
		}
		redactsLines(t, data)
	})
}
