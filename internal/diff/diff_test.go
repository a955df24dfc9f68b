package diff

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestUnified(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"same", "a\nb\n", "a\nb\n", ""},
		{"both empty", "", "", ""},
		{"new file", "", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"},
		{"emptied", "a\n", "", "@@ -1 +0,0 @@\n-a\n"},
		{"one line", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n6\n7\n8\n9\n", "@@ -2,7 +2,6 @@\n 2\n 3\n 4\n-5\n 6\n 7\n 8\n"},
		{"two hunks", "1\nx\n2\n3\n4\n5\n6\n7\n8\ny\n", "1\n2\n3\n4\n5\n6\n7\n8\nz\n",
			"@@ -1,5 +1,4 @@\n 1\n-x\n 2\n 3\n 4\n@@ -7,4 +6,4 @@\n 6\n 7\n 8\n-y\n+z\n"},
		{"no line end", "a\nb", "a\nb\nc\n", "@@ -1,2 +1,3 @@\n a\n-b\n\\ No newline at end of file\n+b\n+c\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := c.want
			if want != "" {
				want = "--- old\n+++ new\n" + want
			}
			if got := Unified("old", "new", c.old, c.new); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// Every step from one text to the other is there, in its place, and there are no more steps than lines that differ.
func TestScript(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var old, new []string
		differ := 0
		for range random.IntN(30) {
			line := string(rune('a' + random.IntN(8)))
			inOld, inNew := random.IntN(6) > 0, random.IntN(6) > 0
			if inOld {
				old = append(old, line)
			}
			if inNew {
				new = append(new, line)
			}
			if inOld != inNew {
				differ++
			}
		}
		var a, b []string
		steps := 0
		for _, e := range script(old, new) {
			if e.a != len(a) || e.b != len(b) {
				t.Fatalf("%q to %q: %v is not at %d, %d", old, new, e, len(a), len(b))
			}
			if e.op != '+' {
				a = append(a, e.line)
			}
			if e.op != '-' {
				b = append(b, e.line)
			}
			if e.op != ' ' {
				steps++
			}
		}
		if !slices.Equal(a, old) || !slices.Equal(b, new) || steps > differ {
			t.Fatalf("%q to %q: %d steps lead from %q to %q; %d lines differ", old, new, steps, a, b, differ)
		}
	}
}
