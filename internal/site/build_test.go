package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// The pages of the repository make a site: each is in the table of contents, and all
// links and their headings are there.
func TestSite(t *testing.T) {
	files, err := build(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		if bytes.Contains(data, []byte("<script")) || bytes.Contains(data, []byte(`.md"`)) || !bytes.Contains(data, []byte(`aria-current="page"`)) {
			t.Errorf("%s has a script, a link to a source, or no place in the table of contents", name)
		}
	}
	if len(files) < 25 || !bytes.Contains(files["index.html"], []byte(`href="security.html"`)) {
		t.Errorf("%d files", len(files))
	}
}

// A link that leads nowhere is an error, and so is a page that nobody would find.
func TestSiteRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no file":    "# A\n\n[b](nowhere.md)\n",
		"no heading": "# A\n\n[b](faq.md#nothing)\n",
	} {
		repo := pages()
		repo["docs/faq.md"] = &fstest.MapFile{Data: []byte(text)}
		if _, err := build(repo); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	repo := pages()
	repo["docs/lost.md"] = &fstest.MapFile{Data: []byte("# Lost\n")}
	if _, err := build(repo); err == nil || !strings.Contains(err.Error(), "docs/lost.md") {
		t.Error(err)
	}
}

func pages() fstest.MapFS {
	repo := fstest.MapFS{"docs/demo.txt": {}}
	for _, g := range order {
		for _, source := range g.sources {
			repo[source] = &fstest.MapFile{Data: []byte("# Title\n")}
		}
	}
	return repo
}
