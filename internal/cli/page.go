package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf16"
)

// print writes p, the result of a command.
func (u *ui) print(p *page) error {
	p.table.Flush()
	_, err := u.out.Write(p.text.Bytes())
	return err
}

// page collects text for a person. It escapes what would leave its line or cell,
// and leaves out secrets.
type page struct {
	ui    *ui
	text  bytes.Buffer
	table *tabwriter.Writer
}

// page returns an empty page with gap spaces between the columns of its tables.
func (u *ui) page(gap int) *page {
	p := &page{ui: u}
	p.table = tabwriter.NewWriter(&p.text, 0, 0, gap, ' ', 0)
	return p
}

// line adds one line.
func (p *page) line(format string, args ...any) {
	p.table.Flush()
	p.text.WriteString(p.ui.shown(fmt.Sprintf(format, args...)) + "\n")
}

// row adds a line to the table, which the next call of line ends.
func (p *page) row(cells ...string) {
	for i := range cells {
		cells[i] = p.ui.shown(cells[i])
	}
	fmt.Fprintln(p.table, strings.Join(cells, "\t"))
}

// printJSON writes v as JSON, without secrets. Characters that do not print are
// escaped as visible.Text does it, which JSON reads back as they were.
func (u *ui) printJSON(v any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	var b strings.Builder
	for _, r := range u.secrets.Remove(text.String()) {
		if r == '\n' || strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	_, err := io.WriteString(u.out, b.String())
	return err
}
