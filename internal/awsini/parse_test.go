package awsini

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/awsinitest"
)

func mustParse(t testing.TB, text string, kind Kind) *File {
	t.Helper()
	f, err := Parse("/p", []byte(text), kind)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestPositions(t *testing.T) {
	for name, text := range map[string]string{
		"LF":   "# c\n\n[profile a]\nregion = x\ns3 =\n  k = v\n\n  l = w\n",
		"CRLF": "# c\r\n\r\n[profile a]\r\nregion = x\r\ns3 =\r\n  k = v\r\n\r\n  l = w",
		"CR":   "# c\r\r[profile a]\rregion = x\rs3 =\r  k = v\r\r  l = w\r",
		"BOM":  BOM + "# c\n\n[profile a]\nregion = x\ns3 =\n  k = v\n\n  l = w\n",
	} {
		t.Run(name, func(t *testing.T) {
			settings, ok := mustParse(t, text, ConfigFile).Lookup("a")
			if !ok {
				t.Fatal("no profile a")
			}
			nested := settings["s3"].Nested
			for want, v := range map[int]Value{4: settings["region"], 5: settings["s3"], 6: nested["k"], 8: nested["l"]} {
				if v.Pos != (Pos{"/p", want}) {
					t.Errorf("%q is at %v, want line %d", v.Text, v.Pos, want)
				}
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		name, text string
		line       int
		reason     string
	}{
		{"NUL", "[a]\nb = \x00", 2, "NUL"},
		{"NUL behind CR LF", "[a]\r\n\r\n\x00", 3, "NUL"},
		{"invalid UTF-8", BOM + "[a]\n\nb = \xff", 3, "UTF-8"},
		{"before the first section", "\n# x\nregion = x\n", 3, "before the first"},
		{"no delimiter", "[a]\nx = 1\nS3CR3TMARKER\n", 3, "neither"},
		{"no key", "[a]\n= 1\n", 2, "without a key"},
		{"unclosed section", "[profile a\nregion = x\n", 1, "without its ]"},
		{"unclosed section behind another", "[a]\n[profile b\n", 2, "without its ]"},
		{"section without a name", "[]\n", 1, "without a name"},
		{"duplicate section", "[a]\n[b]\n[a]\n", 3, `section "a" is already on line 1`},
		{"duplicate key", "[a]\nx_1 = 1\nX_1: 2\n", 3, "key x_1 is already on line 2"},
		{"duplicate that may be a secret", "[a]\nS3CR3TMARKER/+abcdef=\nS3CR3TMARKER/+abcdef=\n", 3, "key is already on line 2"},
		{"nested", "[a]\nx =\n  b = 1\n  c\n", 4, "not of the form"},
		{"nested in DEFAULT", "[DEFAULT]\nx =\n  c\n[a]\n", 3, "not of the form"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("/dir/config", []byte(c.text), ConfigFile)
			var parseError *ParseError
			if !errors.As(err, &parseError) {
				t.Fatalf("got %v, want a *ParseError", err)
			}
			if want := fmt.Sprintf("/dir/config:%d: ", c.line); !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("got %q, want %s… %s", err, want, c.reason)
			}
			if strings.Contains(strings.ToUpper(err.Error()), "S3CR3TMARKER") {
				t.Errorf("%q quotes the file", err)
			}
		})
	}
}

func TestByteOrderMark(t *testing.T) {
	f := mustParse(t, BOM+"[default]\nregion = x\n", ConfigFile)
	if settings, ok := f.Lookup("default"); !ok || settings["region"].Text != "x" {
		t.Errorf("got %v", settings)
	}
}

// FuzzParse looks for panics, and for positions that do not point at what is
// there.
func FuzzParse(f *testing.F) {
	for _, data := range awsinitest.Corpus(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		lines := SplitLines(strings.TrimPrefix(string(data), BOM))
		for _, kind := range []Kind{ConfigFile, CredentialsFile} {
			file, err := Parse("p", data, kind)
			if err != nil {
				var parseError *ParseError
				if !errors.As(err, &parseError) || parseError.Pos.Line < 1 || parseError.Pos.Line > len(lines)+1 {
					t.Fatalf("error %v in %d lines", err, len(lines))
				}
				continue
			}
			for _, name := range file.Names() {
				settings, _ := file.Lookup(name)
				checkPositions(t, settings, lines)
			}
		}
	})
}

func checkPositions(t *testing.T, settings map[string]Value, lines []string) {
	for key, v := range settings {
		if v.Pos.Line < 1 || v.Pos.Line > len(lines) || !strings.Contains(strings.ToLower(lines[v.Pos.Line-1]), strings.ToLower(key)) {
			t.Fatalf("key %q is said to be on line %d of %q", key, v.Pos.Line, lines)
		}
		checkPositions(t, v.Nested, lines)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{1, 1000, 5000} {
		data := awsinitest.BigConfig(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse("p", data, ConfigFile); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseOneSection(b *testing.B) {
	var data bytes.Buffer
	data.WriteString("[default]\r")
	for i := range 20000 {
		fmt.Fprintf(&data, "key%d = x\r  y\r\r", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("p", data.Bytes(), ConfigFile); err != nil {
			b.Fatal(err)
		}
	}
}
