package awsini

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

const BOM = "\ufeff"

// Parse returns the file that data is the content of. Path is used for positions
// alone. Every error is a *ParseError.
func Parse(path string, data []byte, kind Kind) (*File, error) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return nil, &ParseError{lineAt(path, data[:i]), "NUL byte"}
	}
	text := strings.TrimPrefix(string(data), BOM)
	if !utf8.ValidString(text) {
		return nil, &ParseError{lineAt(path, validPrefix(data)), "not valid UTF-8"}
	}
	if strings.Contains(text, "\r") {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}

	headers := strings.Count(text, "\n[") + 1
	p := parser{
		file:     &File{Path: path, Sections: make([]*Section, 0, headers)},
		sections: make(map[string]int, headers),
		own:      map[string]place{},
		defaults: map[string]place{},
	}
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if err := p.line(number, line); err != nil {
			return nil, err
		}
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	p.file.index(kind)
	return p.file, nil
}

// usual is how many settings a new section has room for.
const usual = 6

// parser holds the state between two lines, with configparser's rules.
type parser struct {
	file     *File
	current  *Section
	spare    []Setting              // room for the settings of sections to come, made for many at once
	sections map[string]int         // the line of each
	own      map[string]place       // where each key was last seen; one map for all sections, which share most keys
	defaults map[string]place       // the same for [DEFAULT], which may come in several pieces
	badBlock map[string]*ParseError // keys of [DEFAULT] with an invalid nested block, which is an error only in sections that inherit it

	indent int         // of the last line that was no continuation
	open   bool        // whether the last setting may still go on
	more   []valueLine // what it has gone on with
	blank  int         // the blank lines since
}

type place struct {
	section *Section
	line    int
}

type valueLine struct {
	text  string
	line  int
	blank int // the blank lines above
}

func (p *parser) fail(line int, reason string) error {
	return &ParseError{Pos{p.file.Path, line}, reason}
}

func (p *parser) line(number int, line string) error {
	text := Trim(line)
	if text == "" {
		p.blank++
		return nil
	}
	if text[0] == '#' || text[0] == ';' {
		return nil
	}
	indent := Width(Indent(line))
	blank := p.blank
	p.blank = 0
	if p.open && indent > p.indent {
		p.more = append(p.more, valueLine{text, number, blank})
		p.current.Last = number
		return nil
	}
	p.indent = indent
	if err := p.close(); err != nil {
		return err
	}
	if end := strings.LastIndexByte(text, ']'); text[0] == '[' && end > 1 {
		return p.header(number, text[1:end])
	}
	return p.option(number, text)
}

func (p *parser) header(number int, name string) error {
	if name == "DEFAULT" {
		p.current = &Section{Name: name, Own: p.file.Defaults}
		return nil
	}
	if line, ok := p.sections[name]; ok {
		return p.fail(number, fmt.Sprintf("section %q is already on line %d", name, line))
	}
	p.sections[name] = number
	if len(p.spare) < usual {
		p.spare = make([]Setting, usual*min(cap(p.file.Sections), 256))
	}
	p.current = &Section{Name: name, Line: number, Own: p.spare[:0:usual], Last: number}
	p.spare = p.spare[usual:]
	p.file.Sections = append(p.file.Sections, p.current)
	return nil
}

func (p *parser) option(number int, text string) error {
	key, value, ok := CutOption(text)
	if !ok && text[0] == '[' {
		return p.fail(number, "a [section] without a name, or without its ]")
	}
	if p.current == nil {
		return p.fail(number, "text before the first [section]")
	}
	if !ok {
		return p.fail(number, "neither a [section] nor a setting of the form key = value")
	}
	if key == "" {
		return p.fail(number, "setting without a key")
	}
	first, ok := p.own[key]
	if p.current.Name == "DEFAULT" {
		first, ok = p.defaults[key]
		p.defaults[key] = place{nil, number}
	} else {
		ok = ok && first.section == p.current
		p.own[key] = place{p.current, number}
	}
	if ok {
		return p.fail(number, fmt.Sprintf("key %sis already on line %d", showKey(key), first.line))
	}
	p.open = true
	p.current.Last, p.current.LastKey = number, number
	p.current.Own = append(p.current.Own, Setting{Key: key, Text: value, Line: number})
	return nil
}

func CutOption(text string) (key, value string, ok bool) {
	delim := strings.IndexByte(text, '=')
	if delim < 0 {
		delim = len(text)
	}
	if colon := strings.IndexByte(text[:delim], ':'); colon >= 0 {
		delim = colon
	}
	if delim == len(text) {
		return "", "", false
	}
	return strings.ToLower(Trim(text[:delim])), Trim(text[delim+1:]), true
}

// close completes the setting that is open, now that its last line is known.
func (p *parser) close() error {
	if !p.open {
		return nil
	}
	more := p.more
	p.open, p.more = false, p.more[:0]
	last := &p.current.Own[len(p.current.Own)-1]
	if len(more) > 0 && last.Text != "" {
		last.Text = join(last.Text, more)
	} else if len(more) > 0 {
		nested, err := p.nested(more)
		last.Nested = nested
		switch {
		case err == nil:
		case p.current.Name != "DEFAULT":
			return err
		case p.badBlock == nil:
			p.badBlock = map[string]*ParseError{last.Key: err}
		default:
			p.badBlock[last.Key] = err
		}
	}
	if p.current.Name == "DEFAULT" {
		p.file.Defaults = p.current.Own
	}
	return nil
}

func join(text string, more []valueLine) string {
	var b strings.Builder
	b.WriteString(text)
	for _, l := range more {
		for range l.blank + 1 {
			b.WriteByte('\n')
		}
		b.WriteString(l.text)
	}
	return b.String()
}

func (p *parser) nested(block []valueLine) ([]Setting, *ParseError) {
	settings := make([]Setting, 0, len(block))
	for _, l := range block {
		for text := range strings.FieldsFuncSeq(l.text, isNestedBreak) {
			text = Trim(text)
			if text == "" {
				continue
			}
			key, value, ok := strings.Cut(text, "=")
			if !ok {
				return nil, &ParseError{Pos{p.file.Path, l.line}, "indented below a key without a value, but not of the form key = value"}
			}
			settings = append(settings, Setting{Key: Trim(key), Text: Trim(value), Line: l.line})
		}
	}
	return settings, nil
}

// maxInherited bounds the settings that all profiles together inherit from
// [DEFAULT]. Each profile has a copy of them.
const maxInherited = 1 << 20

// count returns how many settings there are, nested ones included.
func count(settings []Setting) int {
	n := len(settings)
	for _, s := range settings {
		n += len(s.Nested)
	}
	return n
}

func (p *parser) finish() error {
	if err := p.close(); err != nil {
		return err
	}
	if n := count(p.file.Defaults) * len(p.file.Sections); n > maxInherited {
		return &ParseError{Pos{p.file.Path, p.file.Defaults[0].Line}, fmt.Sprintf("[DEFAULT] gives %d settings to profiles, and %d is the most that is read", n, maxInherited)}
	}
	if len(p.badBlock) == 0 {
		return nil
	}
	for _, s := range p.file.Sections {
		over := make(map[string]bool, len(p.badBlock))
		for _, own := range s.Own {
			if p.badBlock[own.Key] != nil {
				over[own.Key] = true
			}
		}
		if len(over) == len(p.badBlock) {
			continue
		}
		for _, d := range p.file.Defaults { // the first in the file
			if err := p.badBlock[d.Key]; err != nil && !over[d.Key] {
				return err
			}
		}
	}
	return nil
}
