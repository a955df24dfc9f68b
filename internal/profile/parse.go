package profile

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

const bom = "\ufeff"

// Parse reads the contents of one file. Path is used for positions only. Every error is a *ParseError.
func Parse(path string, data []byte, kind Kind) (*File, error) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return nil, &ParseError{lineAt(path, data[:i]), "NUL byte"}
	}
	text := strings.TrimPrefix(string(data), bom)
	if !utf8.ValidString(text) {
		return nil, &ParseError{lineAt(path, validPrefix(data)), "not valid UTF-8"}
	}
	if strings.Contains(text, "\r") {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}

	headers := strings.Count(text, "\n[") + 1
	p := parser{
		file:     &File{Path: path, sections: make([]*section, 0, headers)},
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

// usual is how many settings a section has room for to begin with.
const usual = 6

// parser holds the state between two lines, with configparser's rules.
type parser struct {
	file     *File
	current  *section
	spare    []setting              // room for the settings of sections to come, made for many at once
	sections map[string]int         // the line of each
	own      map[string]place       // where each key was last seen; one map for all sections, which share most keys
	defaults map[string]place       // the same for [DEFAULT], which may come in several pieces
	badBlock map[string]*ParseError // keys of [DEFAULT] with a malformed nested block: an error only to sections that inherit it

	indent int         // of the last line that was no continuation
	open   bool        // whether the last setting may still go on
	more   []valueLine // what it has gone on with
	blank  int         // the blank lines since
}

type place struct {
	section *section
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
	text := trim(line)
	if text == "" {
		p.blank++
		return nil
	}
	if text[0] == '#' || text[0] == ';' {
		return nil
	}
	indent := width(indentOf(line))
	blank := p.blank
	p.blank = 0
	if p.open && indent > p.indent {
		p.more = append(p.more, valueLine{text, number, blank})
		p.current.last = number
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
		p.current = &section{name: name, own: p.file.defaults}
		return nil
	}
	if line, ok := p.sections[name]; ok {
		return p.fail(number, fmt.Sprintf("section %q is already on line %d", name, line))
	}
	p.sections[name] = number
	if len(p.spare) < usual {
		p.spare = make([]setting, usual*min(cap(p.file.sections), 256))
	}
	p.current = &section{name: name, line: number, own: p.spare[:0:usual], last: number}
	p.spare = p.spare[usual:]
	p.file.sections = append(p.file.sections, p.current)
	return nil
}

func (p *parser) option(number int, text string) error {
	if p.current == nil {
		return p.fail(number, "text before the first [section]")
	}
	key, value, ok := cutOption(text)
	if !ok {
		return p.fail(number, "neither a [section] nor a setting of the form key = value")
	}
	if key == "" {
		return p.fail(number, "setting without a key")
	}
	first, ok := p.own[key]
	if p.current.name == "DEFAULT" {
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
	p.current.last, p.current.lastKey = number, number
	p.current.own = append(p.current.own, setting{key: key, text: value, line: number})
	return nil
}

func cutOption(text string) (key, value string, ok bool) {
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
	return strings.ToLower(trim(text[:delim])), trim(text[delim+1:]), true
}

// close ends the setting that is open, now that its last line is known.
func (p *parser) close() error {
	if !p.open {
		return nil
	}
	more := p.more
	p.open, p.more = false, p.more[:0]
	last := &p.current.own[len(p.current.own)-1]
	if len(more) > 0 && last.text != "" {
		last.text = join(last.text, more)
	} else if len(more) > 0 {
		nested, err := p.nested(more)
		last.nested = nested
		switch {
		case err == nil:
		case p.current.name != "DEFAULT":
			return err
		case p.badBlock == nil:
			p.badBlock = map[string]*ParseError{last.key: err}
		default:
			p.badBlock[last.key] = err
		}
	}
	if p.current.name == "DEFAULT" {
		p.file.defaults = p.current.own
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

func (p *parser) nested(block []valueLine) ([]setting, *ParseError) {
	settings := make([]setting, 0, len(block))
	for _, l := range block {
		for text := range strings.FieldsFuncSeq(l.text, isNestedBreak) {
			text = trim(text)
			if text == "" {
				continue
			}
			key, value, ok := strings.Cut(text, "=")
			if !ok {
				return nil, &ParseError{Pos{p.file.Path, l.line}, "indented below a key without a value, but not of the form key = value"}
			}
			settings = append(settings, setting{key: trim(key), text: trim(value), line: l.line})
		}
	}
	return settings, nil
}

// maxInherited bounds the settings that all profiles together have from [DEFAULT]: each is read with a copy of its own.
const maxInherited = 1 << 20

// count returns how many settings there are, nested ones included.
func count(settings []setting) int {
	n := len(settings)
	for _, s := range settings {
		n += len(s.nested)
	}
	return n
}

func (p *parser) finish() error {
	if err := p.close(); err != nil {
		return err
	}
	if n := count(p.file.defaults) * len(p.file.sections); n > maxInherited {
		return &ParseError{Pos{p.file.Path, p.file.defaults[0].line}, fmt.Sprintf("[DEFAULT] gives %d settings to profiles, and %d is the most that is read", n, maxInherited)}
	}
	if len(p.badBlock) == 0 {
		return nil
	}
	for _, s := range p.file.sections {
		over := make(map[string]bool, len(p.badBlock))
		for _, own := range s.own {
			if p.badBlock[own.key] != nil {
				over[own.key] = true
			}
		}
		if len(over) == len(p.badBlock) {
			continue
		}
		for _, d := range p.file.defaults { // the first in the file
			if err := p.badBlock[d.key]; err != nil && !over[d.key] {
				return err
			}
		}
	}
	return nil
}
