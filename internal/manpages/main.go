// Command manpages writes the manual pages of awsexec into a directory: those of
// section 1 from the grammar of the command line, and awsexec-config(5). With
// -reference it writes the same as one page of Markdown.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/awsexec/awsexec/internal/cli"
	"github.com/awsexec/awsexec/internal/manual"
)

func main() {
	from := manual.Source{}
	dir := flag.String("o", "build/man", "write the pages into `DIR`")
	flag.StringVar(&from.Version, "version", "devel", "`VERSION` of awsexec")
	flag.StringVar(&from.Date, "date", now().Format(time.DateOnly), "`DATE` of that version, as YYYY-MM-DD")
	page := flag.String("reference", "", "write one page of Markdown to `FILE` instead")
	flag.Parse()
	err := error(nil)
	if *page != "" {
		err = writeReference(*page)
	} else {
		err = write(*dir, from)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "manpages:", err)
		os.Exit(1)
	}
}

// now returns the time in UTC, or that of SOURCE_DATE_EPOCH, by which distributions
// get the same bytes from each build.
func now() time.Time {
	if seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC()
	}
	return time.Now().UTC()
}

// write writes all pages into dir, which it makes.
func write(dir string, from manual.Source) error {
	pages, err := all(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// all returns the text of each page by its file name.
func all(from manual.Source) (map[string]string, error) {
	commands, topics, err := cli.Pages()
	if err != nil {
		return nil, err
	}
	pages := map[string]string{"awsexec-config.5": manual.ConfigRoff(from, manual.Config, manual.Environment)}
	for i, p := range commands {
		var own []manual.Topic
		var others []manual.Page
		if i == 0 {
			own, others = append(topics, manual.Files), commands[1:]
		}
		pages[p.Title()+".1"] = p.Roff(from, own, others)
	}
	return pages, nil
}

// reference returns the manual as one page of Markdown.
func reference() (string, error) {
	commands, topics, err := cli.Pages()
	return manual.Markdown(commands, append(topics, manual.Files)), err
}

func writeReference(path string) error {
	text, err := reference()
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
