package sealingkey

import (
	"testing"

	"github.com/awsexec/awsexec/internal/kernelkey"
)

func TestText(t *testing.T) {
	full := kernelkey.Sealing{Key: [32]byte{5, 31: 7}, Index: [32]byte{1, 31: 2}}
	for _, want := range []kernelkey.Sealing{full, {Key: full.Key}} {
		if got, ok := Decode(Encode(want)); !ok || got != want {
			t.Error("a sealing key is not read as it was written")
		}
	}
	text := string(Encode(full))
	for _, half := range []string{text[:44], text[:45], text[:60], text + "x", text[:45] + "*"} {
		if got, ok := Decode([]byte(half)); !ok || got != (kernelkey.Sealing{Key: full.Key}) {
			t.Errorf("%d bytes: %v", len(half), ok)
		}
	}
	for _, bad := range []string{string(Encode(kernelkey.Sealing{})), "", "AAAA", text[:43], text[1:], "AAAA" + text, "*" + text[1:]} {
		if _, ok := Decode([]byte(bad)); ok {
			t.Errorf("Decode accepts %q", bad)
		}
	}
}

// FuzzSealing checks that Decode returns the encoded sealing key, and
// rejects everything else.
func FuzzSealing(f *testing.F) {
	f.Add(Encode(kernelkey.Sealing{Key: [32]byte{7}}))
	f.Add(Encode(kernelkey.Sealing{Key: [32]byte{7}, Index: [32]byte{8}}))
	f.Add([]byte("S3CR3TMARKER"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, ok := Decode(text)
		if ok {
			if again, ok := Decode(Encode(s)); !ok || again != s {
				t.Fatal("Decode does not return the encoded sealing key")
			}
		} else if s != (kernelkey.Sealing{}) {
			t.Fatal("Decode accepts an invalid sealing key")
		}
	})
}
