// Package awsinitest has what the tests of AWS files share: the real botocore,
// which is Question how it reads a file, a corpus of files, and random ones.
package awsinitest

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

//go:embed testdata
var testdata embed.FS

// Question and Answer are what testdata/oracle.py reads and writes.
type Question struct {
	Files []Files
	Words []string
	Paths []string
}

// Files are the contents of the two AWS files; nil for one that does not exist.
type Files struct{ Config, Credentials []byte }

type Answer struct {
	Version string
	Files   []FileAnswer
	Words   [][]string
	Paths   []string
}

type FileAnswer struct {
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

// AskBotocore runs the script with each Python that has botocore and hands check the answers.
func AskBotocore(t *testing.T, q Question, env []string, check func(t *testing.T, a Answer)) {
	t.Helper()
	input, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	oracle, err := testdata.ReadFile("testdata/oracle.py")
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "oracle.py")
	if err := os.WriteFile(script, oracle, 0o600); err != nil {
		t.Fatal(err)
	}
	versions := map[string]bool{}
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import botocore").Run() != nil {
			continue
		}
		cmd := exec.Command(python, script, t.TempDir())
		cmd.Env = append(append(os.Environ(), "PYTHONUTF8=1"), env...)
		cmd.Stdin = bytes.NewReader(input)
		cmd.Stderr = os.Stderr
		output, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", python, err)
		}
		var a Answer
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

// Corpus returns the files of the corpus by name.
func Corpus(t testing.TB) map[string][]byte {
	t.Helper()
	entries, err := testdata.ReadDir("testdata/corpus")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if files[e.Name()], err = testdata.ReadFile(path.Join("testdata/corpus", e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// RandomText returns at most so many letters of an alphabet.
func RandomText(r *rand.Rand, alphabet string, most int) string {
	letters := []rune(alphabet)
	var b strings.Builder
	for range r.IntN(most + 1) {
		b.WriteRune(letters[r.IntN(len(letters))])
	}
	return b.String()
}

// Pick returns one of the texts.
func Pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

// RandomFile returns lines of every sort, most of them valid.
func RandomFile(r *rand.Rand) []byte {
	var b strings.Builder
	eol := Pick(r, "\n", "\n", "\n", "\r\n", "\r")
	if r.IntN(20) > 0 {
		b.WriteString("[default]" + eol)
	}
	for i := range r.IntN(14) {
		indent := Pick(r, "", "", "", "", " ", "  ", "\t", "    ", "\u00a0", "\x1c ")
		key := Pick(r, "region", "REGION", "s3", "a b", "Ünïcode", "role_arn") + Pick(r, "", fmt.Sprint(i), fmt.Sprint(i))
		value := Pick(r, "", "", "x", "a = b", "a: b", "x # y", "x ; y", `"q"`, "[z]", "é", "a\vb=c", "\u2028k=v\x1el=w")
		var line string
		switch r.IntN(12) {
		case 0:
			line = indent + Pick(r, "#", ";", "# [x]", ";a=b")
		case 1:
			line = Pick(r, "", "", indent)
		case 2:
			name := Pick(r, "a", "b", "a b", "default", "é", `"a b"`, `'c'`, `d\e`, "f]g") + Pick(r, "", fmt.Sprint(i))
			line = Pick(r, "", "", "", indent) + "[" + Pick(r, "", "profile ", "profile ", "profile\t", "sso-session ", "services ", "profile") + name + "]" + Pick(r, "", "", " # x", " x", "\u2003")
		case 3:
			if r.IntN(4) == 0 {
				line = "[DEFAULT]"
			}
		case 4:
			if r.IntN(10) == 0 {
				line = Pick(r, "nothing", "[]", "[", "]", "= x", ": x", "[]=")
			}
		default:
			line = indent + key + Pick(r, "", " ", "\t") + Pick(r, "=", "=", ":") + Pick(r, "", " ") + value + Pick(r, "", " ")
		}
		b.WriteString(line + eol)
	}
	return []byte(b.String())
}

// Mutated returns data with a few bytes changed, taken out or put in.
func Mutated(r *rand.Rand, data []byte) []byte {
	data = slices.Clone(data)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(data) + 1)
		with := Pick(r, "\n", " ", "\t", "=", ":", "[", "]", "#", ";", `"`, `\`, "\r", "\u2028", "a", "\n\n", "\n ", "\xff")
		if r.IntN(2) == 0 && at < len(data) {
			data = slices.Delete(data, at, at+1)
		}
		data = slices.Insert(data, at, []byte(with)...)
	}
	return data
}

func BigConfig(profiles int) []byte {
	var b bytes.Buffer
	b.WriteString("[default]\nregion = eu-west-1\n\n")
	for i := range profiles {
		fmt.Fprintf(&b, "[profile account-%d]\nregion = eu-west-1\noutput = json\nrole_arn = arn:aws:iam::123456789012:role/role-%d\nsource_profile = default\ns3 =\n  addressing_style = path\n\n", i, i)
	}
	return b.Bytes()
}
