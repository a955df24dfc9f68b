package awsfiles

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/awsexec/awsexec/internal/awsini"
)

// Block is a part of a config file, between two marks, in which awsexec writes
// profiles. The file may have several, with different labels.
type Block struct {
	label    string
	data     string
	file     *awsini.File
	sections []*awsini.Section // between the marks
	begin    int               // the line of the mark at the start, 0 if there is no block
	end      int               // and of that at the end
}

// BlockProfile is a profile to write into a block.
type BlockProfile struct {
	Name     string
	Settings []Setting
}

// ReadBlock returns the block with a label in data, the content of the config file at
// path. It is empty if there is none. The error is an [*EditError] for a block that
// cannot be edited.
func ReadBlock(data []byte, path, label string) (*Block, error) {
	file, err := awsini.Parse(path, data, awsini.ConfigFile)
	if err != nil {
		return nil, err
	}
	b := &Block{label: label, data: string(data), file: file}
	for i, line := range awsini.SplitLines(b.data) {
		switch strings.TrimPrefix(awsini.Trim(line), awsini.BOM) {
		case b.mark("begin"):
			if b.begin != 0 {
				return nil, b.invalid(i+1, "the block begins a second time")
			}
			b.begin = i + 1
		case b.mark("end"):
			if b.begin == 0 || b.end != 0 {
				return nil, b.invalid(i+1, "the block ends, and does not begin")
			}
			b.end = i + 1
		}
	}
	if b.begin != 0 && b.end == 0 {
		return nil, b.invalid(b.begin, "the block begins, and does not end")
	}
	for _, s := range file.Sections {
		switch {
		case s.Line > b.begin && s.Line < b.end && s.Last > b.end:
			return nil, b.invalid(b.end, fmt.Sprintf("settings below the end of the block belong to [%s]", s.Name))
		case s.Line > b.begin && s.Line < b.end:
			b.sections = append(b.sections, s)
		case s.Line < b.begin && s.Last > b.begin:
			return nil, b.invalid(b.begin, fmt.Sprintf("settings in the block belong to [%s] above it", s.Name))
		}
	}
	return b, nil
}

// mark returns the line at which the block begins or ends.
func (b *Block) mark(what string) string { return "# " + what + ": " + b.label }

func (b *Block) invalid(line int, reason string) error {
	return &BlockError{awsini.Pos{File: b.file.Path, Line: line}, b.label, reason}
}

// BlockError reports that awsexec cannot edit a block.
type BlockError struct {
	Pos    awsini.Pos
	Label  string
	Reason string
}

func (e *BlockError) Error() string { return fmt.Sprintf("%s: block %q: %s", e.Pos, e.Label, e.Reason) }

// File returns the whole file.
func (b *Block) File() *awsini.File { return b.file }

// Profiles returns the profiles of the block that are in effect, in the order of the
// file.
func (b *Block) Profiles() []string {
	var names []string
	of := b.names()
	for _, s := range b.sections {
		if name, ok := of[s]; ok {
			names = append(names, name)
		}
	}
	return names
}

// names returns the name of each profile of the file.
func (b *Block) names() map[*awsini.Section]string {
	of := make(map[*awsini.Section]string, len(b.file.Profiles))
	for name, s := range b.file.Profiles {
		of[s] = name
	}
	return of
}

// Edit returns the file without the profiles of the block that remove has, and with
// those of add, which the file must not have, at the end of the block. It makes a block
// at the end of the file if there is none, and takes one away that holds nothing any
// more. Every other byte stays as it is, and new lines end like the first of the file.
func (b *Block) Edit(remove map[string]bool, add []BlockProfile) ([]byte, error) {
	if err := b.check(remove, add); err != nil {
		return nil, err
	}
	lines := awsini.SplitLines(b.data)
	eol := firstEnding(lines)
	var gone []*awsini.Section
	of := b.names()
	for _, s := range b.sections {
		if name, ok := of[s]; ok && remove[name] {
			gone = append(gone, s)
			b.take(lines, s)
		}
	}
	added := sectionsOf(add, eol)
	switch {
	case b.begin == 0 && len(add) > 0:
		lines = append(lines, gapAt(lines, eol), b.mark("begin")+eol, added, b.mark("end")+eol)
	case len(add) > 0:
		if last := b.lastOf(lines); last > b.begin && awsini.Trim(lines[last-1]) != "" {
			added = eol + added
		}
		lines[b.end-1] = added + lines[b.end-1]
	case b.begin != 0 && b.isEmpty(lines):
		mark := lines[b.begin-1]
		for i := b.begin - 1; i < b.end; i++ {
			lines[i] = ""
		}
		if strings.HasPrefix(mark, awsini.BOM) {
			lines[b.begin-1] = awsini.BOM
		}
	}
	out := []byte(strings.Join(lines, ""))
	if err := b.verify(out, gone, add); err != nil {
		return nil, err
	}
	return out, nil
}

// check returns an error unless all of add can be written.
func (b *Block) check(remove map[string]bool, add []BlockProfile) error {
	for _, p := range add {
		if _, ok := b.file.Profiles[p.Name]; ok && !remove[p.Name] {
			return &EditError{p.Name, b.file.Header(p.Name).String(), "there is such a profile already"}
		}
		if p.Name == "" || strings.ContainsFunc(p.Name, unicode.IsControl) {
			return fmt.Errorf("profile %q: the name is empty or has control characters", p.Name)
		}
		for _, s := range p.Settings {
			if s.Value == "" || awsini.Trim(s.Value) != s.Value || strings.ContainsFunc(s.Value, unicode.IsControl) {
				return fmt.Errorf("profile %q: %s: the value is empty, has control characters or spaces around it", p.Name, s.Key)
			}
		}
	}
	return nil
}

// take empties the lines of a section of the block, and the blank ones directly below
// or, if it is the last of the block, above. Comments around it stay: they may be about
// something else.
func (b *Block) take(lines []string, s *awsini.Section) {
	for i := s.Line - 1; i < s.Last; i++ {
		lines[i] = ""
	}
	i := s.Last
	for ; i < b.end-1 && awsini.Trim(lines[i]) == ""; i++ {
		lines[i] = ""
	}
	if i == b.end-1 {
		for i = s.Line - 2; i >= b.begin && awsini.Trim(lines[i]) == ""; i-- {
			lines[i] = ""
		}
	}
}

// lastOf returns the last line of the block that is not empty by now, that of its mark
// at the start if there is none.
func (b *Block) lastOf(lines []string) int {
	last := b.end - 1
	for last > b.begin && lines[last-1] == "" {
		last--
	}
	return last
}

// isEmpty reports whether nothing but blank lines is left between the marks.
func (b *Block) isEmpty(lines []string) bool {
	return !slices.ContainsFunc(lines[b.begin:b.end-1], func(line string) bool { return awsini.Trim(line) != "" })
}

// sectionsOf returns the lines of profiles, with an empty line between two.
func sectionsOf(add []BlockProfile, eol string) string {
	var text strings.Builder
	for i, p := range add {
		if i > 0 {
			text.WriteString(eol)
		}
		text.WriteString("[" + sectionName(p.Name) + "]" + eol)
		for _, s := range p.Settings {
			text.WriteString(s.Key + " = " + s.Value + eol)
		}
	}
	return text.String()
}

// verify returns an error unless out has all sections of the file but those of gone,
// and then or between them those of add.
func (b *Block) verify(out []byte, gone []*awsini.Section, add []BlockProfile) error {
	after, err := awsini.Parse(b.file.Path, out, awsini.ConfigFile)
	if err != nil {
		return err
	}
	unsafe := b.invalid(max(b.begin, 1), "the file's layout does not let the block be edited safely")
	isGone := make(map[*awsini.Section]bool, len(gone))
	for _, s := range gone {
		isGone[s] = true
	}
	isNew := make(map[*awsini.Section]bool, len(add))
	for _, p := range add {
		s := after.Profiles[p.Name]
		if s == nil || s.Name != sectionName(p.Name) || !slices.EqualFunc(s.Own, p.Settings, func(a awsini.Setting, b Setting) bool {
			return a.Key == b.Key && a.Text == b.Value && a.Nested == nil
		}) {
			return unsafe
		}
		isNew[s] = true
	}
	before := slices.DeleteFunc(slices.Clone(b.file.Sections), func(s *awsini.Section) bool { return isGone[s] })
	kept := slices.DeleteFunc(slices.Clone(after.Sections), func(s *awsini.Section) bool { return isNew[s] })
	if len(isNew) != len(add) || !sameText(b.file.Defaults, after.Defaults) ||
		!slices.EqualFunc(before, kept, func(s, t *awsini.Section) bool { return s.Name == t.Name && sameText(s.Own, t.Own) }) {
		return unsafe
	}
	return nil
}
