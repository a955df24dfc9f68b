package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// repository is where links lead to what is no page.
const repository = "https://github.com/awsexec/awsexec/blob/main/"

//go:embed page.html
var layout string

//go:embed style.css
var style []byte

// page is a page of the site.
type page struct {
	Source, Name string // the file in the repository, and the one of the site
	Title        string
	Body         template.HTML

	ids   map[string]bool // of its headings
	links []link          // to pages of the site
}

// link is a link to a place on a page.
type link struct{ name, id string }

// group is a part of the table of contents.
type group struct {
	Title string
	Pages []*page
}

// build returns the files of the site for a checkout of the repository. A link that
// leads nowhere is an error, and so is a page that is in no group.
func build(repo fs.FS) (map[string][]byte, error) {
	groups, all, err := contents(repo)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if err := p.render(repo, all); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Source, err)
		}
	}
	files := map[string][]byte{"style.css": style}
	if files["demo.txt"], err = fs.ReadFile(repo, "docs/demo.txt"); err != nil {
		return nil, err
	}
	t := template.Must(template.New("page").Parse(layout))
	for _, p := range all {
		for _, l := range p.links {
			if to := named(all, l.name); l.id != "" && !to.ids[l.id] {
				err = errors.Join(err, fmt.Errorf("%s: no heading #%s in %s", p.Source, l.id, to.Source))
			}
		}
		var b bytes.Buffer
		if err := t.Execute(&b, struct {
			*page
			Groups []group
		}{p, groups}); err != nil {
			return nil, err
		}
		files[p.Name] = b.Bytes()
	}
	return files, err
}

// contents returns the table of contents and all its pages. Each file of docs must
// be in it.
func contents(repo fs.FS) ([]group, []*page, error) {
	var groups []group
	var all []*page
	listed := map[string]bool{}
	for _, g := range order {
		out := group{Title: g.title}
		for _, source := range g.sources {
			p := &page{Source: source, Name: nameOf(source)}
			out.Pages, all = append(out.Pages, p), append(all, p)
			listed[source] = true
		}
		groups = append(groups, out)
	}
	found, err := fs.Glob(repo, "docs/*.md")
	for _, source := range found {
		if !listed[source] {
			err = errors.Join(err, fmt.Errorf("%s is not in the table of contents", source))
		}
	}
	return groups, all, err
}

// nameOf returns the file of the site that is made of a source. The page of
// SECURITY.md has another name than that of docs/security.md, also where file names
// do not tell case.
func nameOf(source string) string {
	switch source {
	case "README.md":
		return "index.html"
	case "SECURITY.md":
		return "reporting.html"
	}
	return strings.ToLower(strings.TrimSuffix(path.Base(source), ".md")) + ".html"
}

func named(all []*page, name string) *page {
	for _, p := range all {
		if p.Name == name {
			return p
		}
	}
	return nil
}

var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Table, extension.Linkify),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
)

// render reads the source of p.
func (p *page) render(repo fs.FS, all []*page) error {
	source, err := fs.ReadFile(repo, p.Source)
	if err != nil {
		return err
	}
	root := markdown.Parser().Parse(text.NewReader(source))
	p.ids = map[string]bool{}
	err = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if id, ok := n.AttributeString("id"); ok {
				p.ids[string(id.([]byte))] = true
			}
			if n.Level == 1 && p.Title == "" {
				p.Title = plain(n, source)
			}
		case *ast.Link:
			to, err := p.target(string(n.Destination), repo, all)
			if err != nil {
				return ast.WalkStop, err
			}
			n.Destination = []byte(to)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := markdown.Renderer().Render(&b, source, root); err != nil {
		return err
	}
	p.Body = template.HTML(b.String())
	return nil
}

// target returns where a link of p leads on the site.
func (p *page) target(to string, repo fs.FS, all []*page) (string, error) {
	if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
		return to, nil
	}
	file, id, _ := strings.Cut(to, "#")
	if file == "" {
		p.links = append(p.links, link{p.Name, id})
		return to, nil
	}
	file = path.Join(path.Dir(p.Source), file)
	if _, err := fs.Stat(repo, file); err != nil {
		return "", err
	}
	if file == "docs/demo.txt" {
		return "demo.txt", nil
	}
	for _, q := range all {
		if q.Source == file {
			p.links = append(p.links, link{q.Name, id})
			return strings.TrimSuffix(q.Name+"#"+id, "#"), nil
		}
	}
	return repository + file, nil
}

// plain returns the text of a heading without its marks.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
