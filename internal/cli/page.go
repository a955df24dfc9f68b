package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/awsexec/awsexec/internal/layout"
)

// print writes p, the result of a command.
func (u *ui) print(p *page) error {
	p.endTable()
	_, err := u.out.Write(p.text.Bytes())
	return err
}

// page collects text for a person. It escapes what would leave its line or cell,
// and leaves out secrets.
type page struct {
	ui   *ui
	text bytes.Buffer
	gap  int             // between the columns of tables
	rows [][]layout.Cell // of the table that is not ended
}

// page returns an empty page with gap spaces between the columns of its tables.
func (u *ui) page(gap int) *page { return &page{ui: u, gap: gap} }

// line adds one line.
func (p *page) line(format string, args ...any) { p.styled(layout.Plain, format, args...) }

// styled adds one line in a style.
func (p *page) styled(style layout.Style, format string, args ...any) {
	p.endTable()
	p.text.WriteString(style.Paint(p.ui.shown(fmt.Sprintf(format, args...)), p.ui.outLook.colour) + "\n")
}

// prose adds text in a style, folded on a terminal so that its lines begin below
// each other behind indent.
func (p *page) prose(style layout.Style, indent, format string, args ...any) {
	p.endTable()
	look := p.ui.outLook
	for i, line := range layout.Fold(p.ui.shown(fmt.Sprintf(format, args...)), max(look.width-len(indent), 0)) {
		if i > 0 {
			indent = strings.Repeat(" ", len(indent))
		}
		p.text.WriteString(indent + style.Paint(line, look.colour) + "\n")
	}
}

// row adds a line to the table, which the next call of line ends.
func (p *page) row(cells ...string) { p.rowOf(layout.Plain, cells...) }

// head adds the first line of a table.
func (p *page) head(cells ...string) { p.rowOf(layout.Strong, cells...) }

func (p *page) rowOf(style layout.Style, cells ...string) {
	row := make([]layout.Cell, len(cells))
	for i, text := range cells {
		row[i] = layout.Cell{Text: text, Style: style}
	}
	p.cells(row...)
}

// cells adds a line to the table.
func (p *page) cells(row ...layout.Cell) {
	for i := range row {
		row[i].Text = p.ui.shown(row[i].Text)
	}
	p.rows = append(p.rows, row)
}

func (p *page) endTable() {
	look := p.ui.outLook
	p.text.WriteString(layout.Table(p.rows, p.gap, look.width, look.colour))
	p.rows = nil
}

// printJSON writes v as JSON, without secrets. Characters that do not print are
// escaped as visible.Text does it, which JSON reads back as they were.
func (u *ui) printJSON(v any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return u.encode(&text, enc, v)
}

// printJSONLine is printJSON in one line.
func (u *ui) printJSONLine(v any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	return u.encode(&text, enc, v)
}

// encode prints v, which enc encodes into text.
func (u *ui) encode(text *bytes.Buffer, enc *json.Encoder, v any) error {
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
