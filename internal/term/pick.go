package term

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/awsexec/awsexec/internal/layout"
	"github.com/awsexec/awsexec/internal/visible"
)

// Item is a row to pick.
type Item struct{ Name, About string }

// Pick shows items on the terminal, those that contain what the user types, and
// returns the index of the one that the user picks with Enter. Ctrl-C and Escape
// give ErrCancelled. Without a terminal to ask on, the error wraps ErrNoTerminal.
// It restores the terminal and removes what it has shown.
func Pick(ctx context.Context, title string, items []Item) (int, error) {
	in, out, err := openPicking()
	if err != nil {
		return 0, err
	}
	defer in.Close()
	defer out.Close()
	before, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	defer term.Restore(int(in.Fd()), before)
	read, end, err := keysOf(ctx, in)
	if err != nil {
		return 0, err
	}
	defer end()
	p := &picking{title: title, items: items}
	at, err := p.loop(read, out, func() (int, int) {
		columns, rows, err := term.GetSize(int(out.Fd()))
		if err != nil || columns == 0 || rows == 0 { // unknown
			return 80, 24
		}
		return columns, rows
	})
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	return at, err
}

// PickPlain is [Pick] on a terminal that understands no escape sequences: it lists the
// items, and asks for the name or the number of one, askTries times at most.
func PickPlain(ctx context.Context, title string, items []Item) (int, error) {
	in, out, err := openPicking()
	if err != nil {
		return 0, err
	}
	in.Close()
	p := &picking{items: items}
	_, err = io.WriteString(out, p.list())
	out.Close()
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrEOF, err)
	}
	question, again := strings.TrimSuffix(title, ": ")+", by name or number: ", ""
	for try := 1; ; try++ {
		answer, err := Ask(ctx, Prompt{Text: "awsexec: " + again + question})
		if err != nil {
			return 0, err
		}
		at, err := p.named(strings.TrimSpace(answer))
		if err == nil || try == askTries {
			return at, err
		}
		again = err.Error() + "; "
	}
}

// askTries is how often a person is asked for the same thing.
const askTries = 3

// list returns the items as numbered lines.
func (p *picking) list() string {
	var b strings.Builder
	for i, item := range p.items {
		line := fmt.Sprintf("%*d  %s  %s", len(fmt.Sprint(len(p.items))), i+1, visible.Text(item.Name), visible.Text(item.About))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// named returns the index of the item whose name, or else number, is answer, or else
// of the only one that contains its words.
func (p *picking) named(answer string) (int, error) {
	for i, item := range p.items {
		if item.Name == answer {
			return i, nil
		}
	}
	if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(p.items) {
		return n - 1, nil
	}
	p.filter = answer
	switch matching := p.matching(); {
	case answer == "":
		return 0, errors.New("nothing was typed")
	case len(matching) == 0:
		return 0, fmt.Errorf("none is called %q", answer)
	case len(matching) > 1:
		return 0, fmt.Errorf("%q may be %d of them", answer, len(matching))
	default:
		return matching[0], nil
	}
}

// picking is the state of one call of Pick.
type picking struct {
	title  string
	items  []Item
	filter string
	at     int // the row that Enter picks, among those that are shown
}

// errResized reports that the terminal has another size now.
var errResized = errors.New("resized")

// loop draws and reads keys until one is picked.
func (p *picking) loop(read func([]byte) (int, error), out io.Writer, size func() (columns, rows int)) (int, error) {
	defer io.WriteString(out, "\r\x1b[J")
	keys := make([]byte, 256)
	for {
		columns, rows := size()
		screen, up := p.draw(columns, rows)
		if up > 0 {
			screen += fmt.Sprintf("\x1b[%dA", up)
		}
		if _, err := io.WriteString(out, "\r\x1b[J"+screen+fmt.Sprintf("\r\x1b[%dC", p.cursor(columns))); err != nil {
			return 0, fmt.Errorf("%w: %w", ErrEOF, err)
		}
		n, err := read(keys)
		switch {
		case errors.Is(err, errResized):
			continue
		case err != nil || n == 0:
			return 0, ErrEOF
		}
		if at, done, err := p.press(string(keys[:n])); done {
			return at, err
		}
	}
}

// matching returns the indices of the items that contain every word of the filter,
// those whose name begins with it first.
func (p *picking) matching() []int {
	var first, rest []int
	words := strings.Fields(strings.ToLower(p.filter))
next:
	for i, item := range p.items {
		text := strings.ToLower(item.Name + " " + item.About)
		for _, w := range words {
			if !strings.Contains(text, w) {
				continue next
			}
		}
		if len(words) > 0 && strings.HasPrefix(text, words[0]) {
			first = append(first, i)
		} else {
			rest = append(rest, i)
		}
	}
	return append(first, rest...)
}

// press does what keys mean, as a terminal sends them. Done reports that the
// picking is over, with an index or an error.
func (p *picking) press(keys string) (at int, done bool, err error) {
	for keys != "" {
		matching := p.matching()
		r, size := utf8.DecodeRuneInString(keys)
		rest := keys[size:]
		switch {
		case r == '\x1b' && (strings.HasPrefix(rest, "[") || strings.HasPrefix(rest, "O")):
			end := 1 + strings.IndexFunc(rest[1:], func(r rune) bool { return r >= '@' && r <= '~' })
			switch {
			case end == 0: // a sequence without its end
				return 0, false, nil
			case rest[end] == 'A':
				p.at = max(p.at-1, 0)
			case rest[end] == 'B':
				p.at = min(p.at+1, max(len(matching)-1, 0))
			}
			rest = rest[end+1:]
		case r == '\x1b', r == ctrlC, r == '\x04':
			return 0, true, ErrCancelled
		case r == '\r' || r == '\n':
			if len(matching) > 0 {
				return matching[p.at], true, nil
			}
		case r == '\x10': // Ctrl-P
			p.at = max(p.at-1, 0)
		case r == '\x0e' || r == '\t': // Ctrl-N
			p.at = min(p.at+1, max(len(matching)-1, 0))
		case r == '\x15': // Ctrl-U
			p.filter, p.at = "", 0
		case r == '\x7f' || r == '\b':
			_, last := utf8.DecodeLastRuneInString(p.filter)
			p.filter, p.at = p.filter[:len(p.filter)-last], 0
		case r >= ' ' && r != utf8.RuneError && len(p.filter) < 64:
			p.filter, p.at = p.filter+string(r), 0
		}
		keys = rest
	}
	return 0, false, nil
}

// draw returns the screen, and how many rows the cursor is below its first row
// after it. The screen is at most rows high and columns wide.
func (p *picking) draw(columns, rows int) (screen string, up int) {
	matching := p.matching()
	lines := []string{p.title + visible.Text(p.filter)}
	height := max(min(rows-3, 12), 1)
	first := max(p.at-height+1, 0)
	widest := 0
	for _, i := range matching {
		widest = max(widest, layout.Width(visible.Text(p.items[i].Name)))
	}
	for row := first; row < min(first+height, len(matching)); row++ {
		item := p.items[matching[row]]
		mark := "  "
		if row == p.at {
			mark = "> "
		}
		lines = append(lines, mark+layout.Pad(visible.Text(item.Name), min(widest, 40, columns/2))+"  "+visible.Text(item.About))
	}
	lines = append(lines, fmt.Sprintf("  %d of %d", len(matching), len(p.items)))
	lines = lines[:min(len(lines), max(rows, 1))]
	for i, line := range lines {
		line = layout.Cut(strings.TrimRight(line, " "), columns-1)
		if strings.HasPrefix(line, "> ") && i > 0 {
			line = "\x1b[7m" + line + "\x1b[0m"
		}
		lines[i] = line
	}
	return strings.Join(lines, "\r\n"), len(lines) - 1
}

// cursor returns the column behind the filter.
func (p *picking) cursor(columns int) int {
	return min(layout.Width(p.title+visible.Text(p.filter)), max(columns-1, 1))
}

// openFile opens one end of the terminal.
func openFile(name string, flag int) (*os.File, error) {
	f, err := os.OpenFile(name, flag, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrNoTerminal, name, err)
	}
	return f, nil
}
