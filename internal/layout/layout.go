// Package layout puts text into tables and colours, as wide as a terminal is.
package layout

import (
	"slices"
	"strings"
)

// Style is what a text means, shown as a colour.
type Style int

const (
	Plain Style = iota
	Strong
	Faint
	Good
	Warning
	Bad
	Command // to type
)

// codes are the colours: those of every terminal, which its user has chosen for a
// light or a dark background.
var codes = map[Style]string{Strong: "1", Faint: "2", Good: "32", Warning: "33", Bad: "31", Command: "36"}

// Paint returns text in a style, in colour if that is wanted.
func (s Style) Paint(text string, colour bool) string {
	if code := codes[s]; colour && code != "" && text != "" {
		return "\x1b[" + code + "m" + text + "\x1b[0m"
	}
	return text
}

// Cell is a text in a table, on one line.
type Cell struct {
	Text  string
	Style Style
}

// Columns are made narrower until their longest word would not fit, if that is no
// longer than longestWhole, and if that is not enough until they are as wide as
// narrowest.
const (
	narrowest    = 10
	longestWhole = 28
)

// Table returns rows as a table with gap spaces between columns. If it is wider than
// width, which is 0 for no limit, its widest columns are folded. If that is not
// enough, each row below a head becomes a table of its own: a line for each cell.
func Table(rows [][]Cell, gap, width int, colour bool) string {
	widths := columns(rows)
	if width > 0 {
		most := width - gap*(len(widths)-1)
		squeeze(widths, longestWords(rows), most)
		if squeeze(widths, slices.Repeat([]int{narrowest}, len(widths)), most) && rows[0][0].Style == Strong {
			return records(rows, gap, width, colour)
		}
	}
	var b strings.Builder
	for _, row := range rows {
		folded := make([][]string, len(row))
		height := 1
		for i, c := range row {
			folded[i] = []string{c.Text}
			if Width(c.Text) > widths[i] {
				text := strings.TrimLeft(c.Text, " ")
				indent := c.Text[:len(c.Text)-len(text)]
				folded[i] = Fold(text, max(widths[i]-len(indent), 1))
				for l := range folded[i] {
					folded[i][l] = indent + folded[i][l]
				}
			}
			height = max(height, len(folded[i]))
		}
		for l := range height {
			line, blank := "", 0
			for i, c := range row {
				text := ""
				if l < len(folded[i]) {
					text = folded[i][l]
				}
				if text != "" {
					line += strings.Repeat(" ", blank) + c.Style.Paint(text, colour)
					blank = 0
				}
				blank += widths[i] - Width(text) + gap
			}
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// records returns the rows below a head, each as lines with the name of a column
// and its cell.
func records(rows [][]Cell, gap, width int, colour bool) string {
	widest := 0
	for _, c := range rows[0] {
		widest = max(widest, Width(c.Text))
	}
	var tables []string
	for _, row := range rows[1:] {
		var lines [][]Cell
		for i, c := range row {
			if c.Text != "" {
				lines = append(lines, []Cell{{Pad(rows[0][i].Text, widest), Plain}, c})
			}
		}
		tables = append(tables, Table(lines, gap, width, colour))
	}
	return strings.Join(tables, "\n")
}

// columns returns how wide each column is.
func columns(rows [][]Cell) []int {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], Width(c.Text))
		}
	}
	return widths
}

// longestWords returns how wide each column must be at least to keep its words whole,
// but for very long ones.
func longestWords(rows [][]Cell) []int {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, narrowest)
			}
			for word := range strings.FieldsSeq(c.Text) {
				widths[i] = max(widths[i], min(Width(word), longestWhole))
			}
		}
	}
	return widths
}

// squeeze makes the widest of widths narrower until all of them fit into most, none
// below its floor. It reports whether they are still too wide.
func squeeze(widths, floors []int, most int) bool {
	total := 0
	for _, w := range widths {
		total += w
	}
	for ; total > most; total-- {
		widest := -1
		for i, w := range widths {
			if w > floors[i] && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return true
		}
		widths[widest]--
	}
	return false
}

// Fold breaks text into lines of at most width columns: between words, and within
// those that are longer than a line. A width of 0 or less is no limit.
func Fold(text string, width int) []string {
	if width <= 0 {
		return []string{text}
	}
	width = max(width, 2) // no character is wider
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && Width(line)+1+Width(word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for line = word; Width(line) > width; {
			head, rest := split(line, width)
			lines, line = append(lines, head), rest
		}
	}
	return append(lines, line)
}
