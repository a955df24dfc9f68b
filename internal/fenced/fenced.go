// Package fenced reads what the project's pages show: their code blocks and the
// commands in their text. Tests use it to run the pages as they stand.
package fenced

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Block is a fenced code block of a page.
type Block struct {
	Page     string // "README.md" or "docs/NAME.md"
	Heading  string // the nearest heading above it
	N        int    // its number below that heading, from 1
	Language string // what stands behind the fence; "" for output
	Text     string
	Line     int // of its first line in the page
}

// Place returns what names b in a script of tests: PAGE#HEADING#N.
func (b Block) Place() string { return fmt.Sprintf("%s#%s#%d", b.Page, b.Heading, b.N) }

// File returns the path below the home directory of the file that b shows, by the
// comment in its first line; "" if b shows no file.
func (b Block) File() string {
	first, _, _ := strings.Cut(b.Text, "\n")
	first = strings.Replace(first, "// ", "# ", 1)
	name, ok := strings.CutPrefix(first, "# ")
	if !ok || strings.Contains(name, " ") {
		return ""
	}
	return strings.TrimPrefix(name, "~/")
}

// Pages returns the pages of the checkout at root, README.md first.
func Pages(root string) ([]string, error) {
	docs, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	pages := []string{"README.md"}
	for _, path := range docs {
		pages = append(pages, "docs/"+filepath.Base(path))
	}
	return pages, err
}

// Blocks returns the blocks of a page in their order.
func Blocks(root, page string) ([]Block, error) {
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(page)))
	if err != nil {
		return nil, err
	}
	var blocks []Block
	heading, n, line, within := "", 0, 0, false
	for text := range strings.Lines(string(data)) {
		line++
		language, fence := strings.CutPrefix(strings.TrimSpace(text), "```")
		switch {
		case fence:
			if within = !within; within {
				n++
				blocks = append(blocks, Block{Page: page, Heading: heading, N: n, Language: language, Line: line + 1})
			}
		case within:
			blocks[len(blocks)-1].Text += text
		case strings.HasPrefix(text, "#"):
			heading, n = strings.TrimSpace(strings.TrimLeft(text, "#")), 0
		}
	}
	if within {
		return nil, fmt.Errorf("%s: the block in line %d does not end", page, blocks[len(blocks)-1].Line)
	}
	return blocks, nil
}

var span = regexp.MustCompile("`([^`]+)`")

// Commands returns the lines of a page that begin with awsexec, in blocks of sh and
// in `code` within text, with their line numbers.
func Commands(root, page string) (map[int][]string, error) {
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(page)))
	if err != nil {
		return nil, err
	}
	commands := map[int][]string{}
	number, language, within := 0, "", false
	for text := range strings.Lines(string(data)) {
		number++
		text = strings.TrimSpace(text)
		var found []string
		switch info, fence := strings.CutPrefix(text, "```"); {
		case fence:
			language, within = info, !within
		case within && language == "sh":
			found = []string{text}
		case !within:
			for _, m := range span.FindAllStringSubmatch(text, -1) {
				found = append(found, m[1])
			}
		}
		for _, f := range found {
			if strings.HasPrefix(f, "awsexec ") {
				commands[number] = append(commands[number], f)
			}
		}
	}
	return commands, nil
}
