package term

import (
	"errors"
	"io"
	"strings"
	"testing"
)

var picked = []Item{{"dev", "role Dev 111111111111 eu-west-1"}, {"prod-admin", "role Admin 222222222222 us-east-1"}, {"prod-read", "role Read 222222222222 us-east-1"}}

// pressed reads one key sequence at a time.
type pressed []string

func (p *pressed) Read(b []byte) (int, error) {
	if len(*p) == 0 {
		return 0, io.EOF
	}
	n := copy(b, (*p)[0])
	*p = (*p)[1:]
	return n, nil
}

func TestPicking(t *testing.T) {
	for _, c := range []struct {
		keys []string
		want int
		err  error
	}{
		{[]string{"\r"}, 0, nil},
		{[]string{"\x1b[B", "\r"}, 1, nil},
		{[]string{"\x1bOB\x1bOB\x1bOB\r"}, 2, nil},
		{[]string{"\x1b[B", "\x1b[B", "\x1b[A", "\r"}, 1, nil},
		{[]string{"r", "e", "a", "d", "\r"}, 2, nil},
		{[]string{"PROD", "\x0e", "\r"}, 2, nil},
		{[]string{"2222 read\r"}, 2, nil},
		{[]string{"xyz\r", "\x15", "\r"}, 0, nil},
		{[]string{"prod-rx", "\x7f", "\r"}, 2, nil},
		{[]string{"\x1b[1;5C", "\r"}, 0, nil},
		{[]string{"\x1b"}, 0, ErrCancelled},
		{[]string{"pr", "\x03"}, 0, ErrCancelled},
		{[]string{"\x04"}, 0, ErrCancelled},
		{[]string{"prod"}, 0, ErrEOF},
		{[]string{"\x1b["}, 0, ErrEOF},
	} {
		p := &picking{title: "profile: ", items: picked}
		keys := pressed(c.keys)
		at, err := p.loop(keys.Read, io.Discard, func() (int, int) { return 80, 24 })
		if at != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q: %d, %v; want %d, %v", c.keys, at, err, c.want, c.err)
		}
	}
}

// The screen fits the terminal, shows the row that Enter picks, and nothing of an
// item can move the cursor.
func TestPickingFits(t *testing.T) {
	items := append([]Item{{"\x1b[31mred", "two\nlines"}}, picked...)
	for range 50 {
		items = append(items, Item{"many", strings.Repeat("wide ", 40)})
	}
	p := &picking{title: "profile: ", items: items, at: 40}
	for _, size := range [][2]int{{80, 24}, {20, 5}, {120, 40}, {3, 2}, {30, 1}} {
		screen, up := p.draw(size[0], size[1])
		lines := strings.Split(screen, "\r\n")
		if up != len(lines)-1 || len(lines) > size[1] {
			t.Errorf("%v: %d lines, %d up", size, len(lines), up)
		}
		for _, line := range lines {
			line = strings.NewReplacer("\x1b[7m", "", "\x1b[0m", "").Replace(line)
			if n := len([]rune(line)); n >= size[0] || strings.ContainsRune(line, '\x1b') {
				t.Errorf("%v: %q", size, line)
			}
		}
		if size[0] > 10 && size[1] > 1 && strings.Count(screen, "\x1b[7m> many") != 1 {
			t.Errorf("%v: no row is marked:\n%s", size, screen)
		}
	}
}

// A terminal that understands no escape sequences gets lines, and takes a name, a
// number, or a part of one item.
func TestPickingPlain(t *testing.T) {
	items := append([]Item{{"2", "\x1b[31mred"}}, picked...)
	p := &picking{items: items}
	if got := p.list(); strings.ContainsRune(got, '\x1b') || !strings.Contains(got, "\n3  prod-admin  role Admin") {
		t.Errorf("got\n%s", got)
	}
	for answer, want := range map[string]int{"dev": 1, "2": 0, "3": 2, "read": 3, "2222 admin": 2, "prod": -1, "": -1, "5": -1, "x": -1} {
		if at, err := p.named(answer); err == nil && at != want || err != nil && want >= 0 {
			t.Errorf("%q: %d, %v; want %d", answer, at, err, want)
		}
	}
}
