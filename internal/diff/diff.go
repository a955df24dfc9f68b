// Package diff shows people what an edit changes in a text.
package diff

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// context is how many lines that stay are shown around those that do not.
const context = 3

// Unified returns the lines in which new differs from old, in the format of diff -u, under the two names; "" if they are the same.
func Unified(oldName, newName, old, new string) string {
	a, b := strings.SplitAfter(old, "\n"), strings.SplitAfter(new, "\n")
	edits := script(a, b)
	var out strings.Builder
	for i := 0; i < len(edits); {
		if edits[i].op == ' ' {
			i++
			continue
		}
		if out.Len() == 0 {
			fmt.Fprintf(&out, "--- %s\n+++ %s\n", oldName, newName)
		}
		// A hunk goes on as long as two changes share their context.
		end := i
		for j := i; j < len(edits) && j <= end+2*context; j++ {
			if edits[j].op != ' ' {
				end = j
			}
		}
		hunk(&out, edits, max(i-context, 0), min(end+context+1, len(edits)))
		i = end + 1
	}
	return out.String()
}

// edit is a line that is taken out ('-'), put in ('+') or stays (' ').
type edit struct {
	op   byte
	line string
	a, b int // its place, or where it would be, counted from 0
}

func hunk(out *strings.Builder, edits []edit, from, to int) {
	removed, added := 0, 0
	for _, e := range edits[from:to] {
		if e.op != '+' && e.line != "" {
			removed++
		}
		if e.op != '-' && e.line != "" {
			added++
		}
	}
	fmt.Fprintf(out, "@@ -%s +%s @@\n", span(edits[from].a, removed), span(edits[from].b, added))
	for _, e := range edits[from:to] {
		if e.line == "" { // what SplitAfter finds behind the last line
			continue
		}
		text, ended := strings.CutSuffix(e.line, "\n")
		fmt.Fprintf(out, "%c%s\n", e.op, text)
		if !ended {
			out.WriteString("\\ No newline at end of file\n")
		}
	}
}

// span is a range of lines as diff -u writes it. An empty one is named by the line before it.
func span(start, n int) string {
	switch n {
	case 0:
		return fmt.Sprintf("%d,0", start)
	case 1:
		return fmt.Sprint(start + 1)
	}
	return fmt.Sprintf("%d,%d", start+1, n)
}

// script returns the shortest way from a to b. It is the greedy algorithm of E. W. Myers, "An O(ND) Difference Algorithm and Its
// Variations" (1986); its cost grows with the square of the number of changes, which is small for edits by a program.
func script(a, b []string) []edit {
	reach := map[int]int{1: 0} // the farthest line of a that was come to, on each diagonal
	var trace []map[int]int
	for d := 0; ; d++ {
		trace = append(trace, maps.Clone(reach))
		for k := -d; k <= d; k += 2 {
			x := 0
			if k == -d || k != d && reach[k-1] < reach[k+1] {
				x = reach[k+1]
			} else {
				x = reach[k-1] + 1
			}
			y := x - k
			for x < len(a) && y < len(b) && a[x] == b[y] {
				x, y = x+1, y+1
			}
			reach[k] = x
			if x >= len(a) && y >= len(b) {
				return retrace(a, b, trace)
			}
		}
	}
}

// retrace walks back from the ends of a and b along what each round had reached.
func retrace(a, b []string, trace []map[int]int) []edit {
	var reversed []edit
	x, y := len(a), len(b)
	for d := len(trace) - 1; d >= 0; d-- {
		reach, k := trace[d], x-y
		previous := k - 1
		if k == -d || k != d && reach[k-1] < reach[k+1] {
			previous = k + 1
		}
		fromX := reach[previous]
		fromY := fromX - previous
		for x > fromX && y > fromY && x > 0 && y > 0 {
			x, y = x-1, y-1
			reversed = append(reversed, edit{' ', a[x], x, y})
		}
		switch {
		case d == 0:
		case x == fromX:
			y--
			reversed = append(reversed, edit{'+', b[y], x, y})
		default:
			x--
			reversed = append(reversed, edit{'-', a[x], x, y})
		}
	}
	slices.Reverse(reversed)
	return reversed
}
