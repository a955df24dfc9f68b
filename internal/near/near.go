// Package near finds the names that a misspelled one may have meant.
package near

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// longestName bounds the names that are compared, which takes time that grows with
// the product of their lengths.
const longestName = 128

// Names returns at most 3 of names, the nearest first: those that are so few edits
// away, apart from letter case, that name may be a misspelling of them, and those
// that begin with name.
func Names(name string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	if len(name) > longestName {
		return nil
	}
	prefix := strings.ToLower(name)
	wanted := []rune(prefix)
	most := max(1, min(3, len(wanted)/3))
	var rows [3][]int
	for i := range rows {
		rows[i] = make([]int, len(wanted)+1)
	}
	for _, n := range names {
		lower := strings.ToLower(n)
		longer := utf8.RuneCountInString(lower) - len(wanted)
		if strings.HasPrefix(lower, prefix) && len(wanted) > 1 {
			near = append(near, candidate{n, longer})
		} else if -most <= longer && longer <= most {
			if d := distance(wanted, lower, rows); d <= most {
				near = append(near, candidate{n, d})
			}
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	found := make([]string, 0, 3)
	for _, c := range near[:min(3, len(near))] {
		found = append(found, c.name)
	}
	return found
}

// distance returns how many letters must be inserted, deleted, replaced or swapped
// with the next one to turn a into b. Rows are scratch space of len(a)+1 each.
func distance(a []rune, b string, rows [3][]int) int {
	before, last, row := rows[0], rows[1], rows[2]
	for i := range row {
		row[i] = i
	}
	var previous rune
	j := 0
	for _, r := range b {
		before, last, row = last, row, before
		j++
		row[0] = j
		for i := range a {
			replaced := last[i]
			if a[i] != r {
				replaced++
			}
			row[i+1] = min(replaced, last[i+1]+1, row[i]+1)
			if i > 0 && j > 1 && a[i] == previous && a[i-1] == r {
				row[i+1] = min(row[i+1], before[i-1]+1)
			}
		}
		previous = r
	}
	return row[len(a)]
}
