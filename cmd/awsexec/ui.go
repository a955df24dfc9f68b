package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
	"unicode/utf16"

	"golang.org/x/term"

	"github.com/awsexec/awsexec/internal/visible"
)

// patience is how long something may take before the user is told what is being waited for.
const patience = time.Second

// ui is the only thing that prints. What a command is for goes to out; all talk goes to err, in lines that begin with the program's
// name, without capitals and full stops. It implements provider.Events.
type ui struct {
	out, err io.Writer
	terminal bool // err is one
	debug    bool

	mu   sync.Mutex // one line at a time on err
	said bool       // something was
}

func newUI(d deps) *ui {
	return &ui{out: d.stdout, err: d.stderr, terminal: isTerminal(d.stderr)}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// fail shows why the run ends, and what can be done about it if advice is not empty.
func (u *ui) fail(err error, advice string) {
	u.line("error: %v", err)
	u.advise(advice)
}

// Warn shows that something went wrong without ending the run.
func (u *ui) Warn(err error, advice string) {
	u.line("warning: %v", err)
	u.advise(advice)
}

// advise shows what can be done, a line for each way.
func (u *ui) advise(advice string) {
	if advice == "" {
		return
	}
	for line := range strings.SplitSeq(advice, "\n") {
		u.line("hint: %s", line)
	}
}

// note tells how things stand.
func (u *ui) note(format string, args ...any) { u.line(format, args...) }

// Debug shows one step if the user wants to see them.
func (u *ui) Debug(format string, args ...any) {
	if u.debug {
		u.line("debug: "+format, args...)
	}
}

// Waiting tells a person at a terminal what is being waited for, once it has taken a second.
func (u *ui) Waiting(what string) (done func()) {
	if !u.terminal {
		return func() {}
	}
	timer := time.AfterFunc(patience, func() { u.line("waiting %s", what) })
	return func() { timer.Stop() }
}

// line writes one line to err. A failure to do so has nowhere to be told.
func (u *ui) line(format string, args ...any) {
	text := visible.Text(fmt.Sprintf(format, args...)) // which is UTF-8 too: botocore fails on anything else
	u.mu.Lock()
	defer u.mu.Unlock()
	u.said = true
	_, _ = io.WriteString(u.err, "awsexec: "+text+"\n")
}

// quiet says whether nothing has been said so far.
func (u *ui) quiet() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.said
}

// print writes p, which is what the command is for.
func (u *ui) print(p *page) error {
	p.table.Flush()
	_, err := u.out.Write(p.text.Bytes())
	return err
}

// page is text for a person in the making. Whatever goes into a line or a cell stays there, and prints as itself.
type page struct {
	text  bytes.Buffer
	table *tabwriter.Writer
}

// newPage returns an empty page with a gap of so many spaces between the columns of its tables.
func newPage(gap int) *page {
	p := &page{}
	p.table = tabwriter.NewWriter(&p.text, 0, 0, gap, ' ', 0)
	return p
}

// line adds one line.
func (p *page) line(format string, args ...any) {
	p.table.Flush()
	p.text.WriteString(visible.Text(fmt.Sprintf(format, args...)) + "\n")
}

// row adds a line to the table, which the next call of line ends.
func (p *page) row(cells ...string) {
	for i := range cells {
		cells[i] = visible.Text(cells[i])
	}
	fmt.Fprintln(p.table, strings.Join(cells, "\t"))
}

// printJSON writes v as JSON. Characters that do not print are escaped as visible.Text does it, which JSON reads back as they were.
func (u *ui) printJSON(v any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	var b strings.Builder
	for _, r := range text.String() {
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

// mask shortens an access key id to what tells it from others.
func mask(keyID string) string {
	if len(keyID) < 12 {
		return strings.Repeat("*", len(keyID))
	}
	return keyID[:4] + "…" + keyID[len(keyID)-4:]
}

// maskEnd shows the last four characters of s.
func maskEnd(s string) string {
	if len(s) <= 4 {
		return strings.Repeat("*", len(s))
	}
	return strings.Repeat("*", len(s)-4) + s[len(s)-4:]
}

// maskARN hides the account in an ARN, all but its end.
func maskARN(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) == 6 {
		parts[4] = maskEnd(parts[4])
	}
	return strings.Join(parts, ":")
}
