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
	most := min(3, 1+len(wanted)/3)
	row := make([]int, len(wanted)+1)
	for _, n := range names {
		lower := strings.ToLower(n)
		longer := utf8.RuneCountInString(lower) - len(wanted)
		if strings.HasPrefix(lower, prefix) && len(wanted) > 1 {
			near = append(near, candidate{n, longer})
		} else if -most <= longer && longer <= most {
			if d := distance(wanted, lower, row); d <= most {
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

// distance returns how many letters must be inserted, deleted or replaced to turn a
// into b (Levenshtein). Row is scratch space of len(a)+1.
func distance(a []rune, b string, row []int) int {
	for i := range row {
		row[i] = i
	}
	j := 0
	for _, r := range b {
		diagonal := row[0]
		j++
		row[0] = j
		for i := range a {
			replace := diagonal
			if a[i] != r {
				replace++
			}
			diagonal = row[i+1]
			row[i+1] = min(replace, row[i]+1, row[i+1]+1)
		}
	}
	return row[len(a)]
}
