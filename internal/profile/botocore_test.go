package profile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// asked and answer are what testdata/oracle.py reads and writes. A nil file is a file that does not exist.
type asked struct {
	Files []fileCase
	Words []string
	Paths []string
}

type fileCase struct{ Config, Credentials []byte }

type answer struct {
	Version string
	Files   []fileAnswer
	Words   [][]string
	Paths   []string
}

type fileAnswer struct {
	Error                 string
	Profiles, SSOSessions map[string]map[string]any
	Services              map[string]map[string]any // nil if this botocore does not know them
}

// needPart skips a test that lacks a real part, or fails it where all parts are required.
func needPart(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// askBotocore runs the script with each Python that has botocore and hands check the answers.
func askBotocore(t *testing.T, q asked, env []string, check func(t *testing.T, a answer)) {
	t.Helper()
	input, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]bool{}
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import botocore").Run() != nil {
			continue
		}
		cmd := exec.Command(python, filepath.Join("testdata", "oracle.py"), t.TempDir())
		cmd.Env = append(append(os.Environ(), "PYTHONUTF8=1"), env...)
		cmd.Stdin = bytes.NewReader(input)
		cmd.Stderr = os.Stderr
		output, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", python, err)
		}
		var a answer
		if err := json.Unmarshal(output, &a); err != nil {
			t.Fatal(err)
		}
		if versions[a.Version] {
			continue
		}
		versions[a.Version] = true
		t.Run("botocore "+a.Version, func(t *testing.T) { check(t, a) })
	}
	if len(versions) == 0 {
		needPart(t, "no python3 with botocore")
	}
}

func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "corpus", "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = data
	}
	return files
}

func plain(m map[string]Value) map[string]any {
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

func plainSections(f *File, sections map[string]*section) map[string]map[string]any {
	out := map[string]map[string]any{}
	for name, s := range sections {
		out[name] = plain(f.settings(s))
	}
	return out
}

// ours answers as the script does.
func ours(c fileCase) (fileAnswer, error) {
	config, err := Parse("config", c.Config, ConfigFile)
	if err != nil {
		return fileAnswer{}, err
	}
	credentials, err := Parse("credentials", c.Credentials, CredentialsFile)
	if err != nil {
		return fileAnswer{}, err
	}
	both := &Config{Config: config, Credentials: credentials}
	profiles := map[string]map[string]any{}
	for _, name := range both.Names() {
		settings, _ := both.Lookup(name)
		profiles[name] = plain(settings)
	}
	return fileAnswer{
		Profiles:    profiles,
		SSOSessions: plainSections(config, config.ssoSessions),
		Services:    plainSections(config, config.services),
	}, nil
}

// readsDifferently tells why we mean to read a file otherwise than botocore.
func readsDifferently(c fileCase) string {
	for _, data := range [][]byte{c.Config, c.Credentials} {
		switch {
		case bytes.HasPrefix(data, []byte(bom)):
			return "botocore takes a byte order mark for text before the first section"
		case bytes.IndexByte(data, 0) >= 0:
			return "a NUL byte is no error to botocore"
		}
	}
	return ""
}

func TestReadsAsBotocore(t *testing.T) {
	var cases []fileCase
	files := corpus(t)
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		cases = append(cases, fileCase{Config: files[name]}, fileCase{Credentials: files[name]})
		for _, other := range []string{"credentials", "plain", "defaults"} {
			cases = append(cases, fileCase{files[name], files[other]})
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		cases = append(cases, fileCase{randomFile(random), randomFile(random)})
	}
	for range 1000 {
		cases = append(cases, fileCase{Config: mutated(random, files[names[random.IntN(len(names))]])})
	}
	askBotocore(t, asked{Files: cases}, nil, func(t *testing.T, a answer) {
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

func TestSplitsWordsAsShlex(t *testing.T) {
	words := []string{"", " ", "a", "a b", `"a b" c`, `''`, `a''b`, `"a`, `'a`, `a\`, `\ a`, `"\a\"\\"`, `'\''`, "a\tb\r\nc", `a"b"'c'd`, "é \u00a0 x", `"" ""`}
	random := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		words = append(words, randomText(random, `ab "'\`+"\té", 10))
	}
	askBotocore(t, asked{Words: words}, nil, func(t *testing.T, a answer) {
		for i, s := range words {
			got, err := splitWords(s)
			want := a.Words[i]
			if (err != nil) != (want == nil) || err == nil && !slices.Equal(got, want) {
				t.Errorf("%q: got %q, %v, want %q", s, got, err, want)
			}
		}
	})
	for _, s := range words {
		if got, err := splitWords(quoteWord(s)); err != nil || len(got) != 1 || got[0] != s {
			t.Errorf("%q is quoted as %s, which splits into %q, %v", s, quoteWord(s), got, err)
		}
	}
}

func TestExpandsPathsAsBotocore(t *testing.T) {
	paths := []string{"~", "~/x", "~/", "/a/~", "a~", "$ONE/x", "${ONE}/x", "${ONE", "$", "$$", "$ONE$TWO", "${}", "$NOTSET/x", "${NOTSET}", "$ÖNE", "~$ONE", "$TILDE/x", "a$ONEb$ONE-b"}
	vars := map[string]string{"ONE": "one$TWO", "TWO": "two", "TILDE": "~", "HOME": "/home/me/"}
	env := []string{}
	for name, value := range vars {
		env = append(env, name+"="+value)
	}
	askBotocore(t, asked{Paths: paths}, env, func(t *testing.T, a answer) {
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

func randomText(r *rand.Rand, alphabet string, most int) string {
	letters := []rune(alphabet)
	var b strings.Builder
	for range r.IntN(most + 1) {
		b.WriteRune(letters[r.IntN(len(letters))])
	}
	return b.String()
}

func pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

// randomFile returns lines of every sort, most of them valid.
func randomFile(r *rand.Rand) []byte {
	var b strings.Builder
	eol := pick(r, "\n", "\n", "\n", "\r\n", "\r")
	if r.IntN(20) > 0 {
		b.WriteString("[default]" + eol)
	}
	for i := range r.IntN(14) {
		indent := pick(r, "", "", "", "", " ", "  ", "\t", "    ", "\u00a0", "\x1c ")
		key := pick(r, "region", "REGION", "s3", "a b", "Ünïcode", "role_arn") + pick(r, "", fmt.Sprint(i), fmt.Sprint(i))
		value := pick(r, "", "", "x", "a = b", "a: b", "x # y", "x ; y", `"q"`, "[z]", "é", "a\vb=c", "\u2028k=v\x1el=w")
		var line string
		switch r.IntN(12) {
		case 0:
			line = indent + pick(r, "#", ";", "# [x]", ";a=b")
		case 1:
			line = pick(r, "", "", indent)
		case 2:
			name := pick(r, "a", "b", "a b", "default", "é", `"a b"`, `'c'`, `d\e`, "f]g") + pick(r, "", fmt.Sprint(i))
			line = pick(r, "", "", "", indent) + "[" + pick(r, "", "profile ", "profile ", "profile\t", "sso-session ", "services ", "profile") + name + "]" + pick(r, "", "", " # x", " x", "\u2003")
		case 3:
			if r.IntN(4) == 0 {
				line = "[DEFAULT]"
			}
		case 4:
			if r.IntN(10) == 0 {
				line = pick(r, "nothing", "[]", "[", "]", "= x", ": x", "[]=")
			}
		default:
			line = indent + key + pick(r, "", " ", "\t") + pick(r, "=", "=", ":") + pick(r, "", " ") + value + pick(r, "", " ")
		}
		b.WriteString(line + eol)
	}
	return []byte(b.String())
}

// mutated returns data with a few bytes changed, taken out or put in.
func mutated(r *rand.Rand, data []byte) []byte {
	data = slices.Clone(data)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(data) + 1)
		with := pick(r, "\n", " ", "\t", "=", ":", "[", "]", "#", ";", `"`, `\`, "\r", "\u2028", "a", "\n\n", "\n ", "\xff")
		if r.IntN(2) == 0 && at < len(data) {
			data = slices.Delete(data, at, at+1)
		}
		data = slices.Insert(data, at, []byte(with)...)
	}
	return data
}
