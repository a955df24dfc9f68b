package cli

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

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/visible"
)

// patience is how long something may take before the user is told about it.
const patience = time.Second

// ui is the only thing that prints. The result of a command goes to out.
// Everything else goes to err, in lines that begin with the program's name and
// have no capital at the start and no full stop at the end. It implements
// provider.Events.
type ui struct {
	out, err io.Writer
	terminal bool // err is one
	debug    bool

	mu   sync.Mutex // one line at a time on err
	said bool       // something was written to err

	concealing sync.Mutex // guards the two below
	secrets    []func() []string
	remover    *strings.Replacer // of what secrets return; nil until it is needed
}

func newUI(d deps) *ui {
	u := &ui{out: d.stdout, err: d.stderr, terminal: isTerminal(d.stderr)}
	u.conceal(func() []string { return secretsOf(d.environ) })
	return u
}

// conceal leaves what secrets returns out of all that is printed from now on. It
// calls secrets when something is printed.
func (u *ui) conceal(secrets func() []string) {
	u.concealing.Lock()
	defer u.concealing.Unlock()
	u.secrets, u.remover = append(u.secrets, secrets), nil
}

// secretsOf returns the secrets of AWS, awsexec and proxies in an environment.
func secretsOf(environ []string) []string {
	var all []string
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		switch name = strings.ToUpper(name); {
		case strings.HasPrefix(name, "AWS") && awsfiles.HoldsSecret(name) && len(value) >= 8:
			all = append(all, value)
		case strings.HasPrefix(name, "AWS") && strings.Contains(value, "://"), strings.Contains(name, "_URL"), strings.HasSuffix(name, "_PROXY"):
			all = append(all, awsfiles.URLSecrets(value)...)
		}
	}
	return all
}

// shown returns text as it may be shown on a terminal: one line, without
// secrets. It is UTF-8 too: botocore fails on anything else.
func (u *ui) shown(text string) string { return visible.Text(u.withoutSecrets(text)) }

// withoutSecrets returns text without the secrets that conceal is about, plain
// and as Go and JSON quote them.
func (u *ui) withoutSecrets(text string) string {
	u.concealing.Lock()
	defer u.concealing.Unlock()
	if u.remover == nil {
		var pairs []string
		for _, secrets := range u.secrets {
			for _, secret := range secrets() {
				quoted := strconv.Quote(secret)
				encoded, _ := json.Marshal(secret) // a string
				for _, form := range []string{secret, quoted[1 : len(quoted)-1], string(encoded[1 : len(encoded)-1])} {
					pairs = append(pairs, form, concealed)
				}
			}
		}
		u.remover = strings.NewReplacer(pairs...)
	}
	return u.remover.Replace(text)
}

// concealed stands in place of a secret.
const concealed = "***"

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// fail prints why the run ends, and advice unless that is empty.
func (u *ui) fail(err error, advice string) {
	u.line("error: %v", err)
	u.advise(advice)
}

// Warn implements provider.Events.
func (u *ui) Warn(err error) { u.warn(err, hintOfWarning(err)) }

// warn prints what went wrong without ending the run, and advice unless that is
// empty.
func (u *ui) warn(err error, advice string) {
	u.line("warning: %v", err)
	u.advise(advice)
}

// advise prints what can be done, a line for each way.
func (u *ui) advise(advice string) {
	if advice == "" {
		return
	}
	for line := range strings.SplitSeq(advice, "\n") {
		u.line("hint: %s", line)
	}
}

// note prints what was done or found.
func (u *ui) note(format string, args ...any) { u.line(format, args...) }

// Debug prints one step if the user wants to see them.
func (u *ui) Debug(format string, args ...any) {
	if u.debug {
		u.line("debug: "+format, args...)
	}
}

// Waiting prints on a terminal what is being waited for, once that has taken a
// second.
func (u *ui) Waiting(what string) (done func()) {
	if !u.terminal {
		return func() {}
	}
	timer := time.AfterFunc(patience, func() {
		defer fault.Catch()
		u.line("waiting %s", what)
	})
	return func() { timer.Stop() }
}

// line writes one line to err. There is nowhere to report a failure to do so.
func (u *ui) line(format string, args ...any) {
	text := u.shown(fmt.Sprintf(format, args...))
	u.mu.Lock()
	defer u.mu.Unlock()
	u.said = true
	_, _ = io.WriteString(u.err, "awsexec: "+text+"\n")
}

// quiet reports whether nothing has been written to err so far.
func (u *ui) quiet() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.said
}

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
	for _, r := range u.withoutSecrets(text.String()) {
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
