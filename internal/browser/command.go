package browser

import (
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"runtime"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
)

// Page is what a browser is to show.
type Page struct {
	URL     string
	Profile string // of AWS, that the page is about
}

// words returns the words of a command line that shows p. In each word {url} stands for
// the page, {encoded_url} for it as a part of another URL, and {profile} for the
// profile; %s is {url} too, as in BROWSER. Without any of them the page is the last
// word.
func (p Page) words(command string) ([]string, error) {
	words, err := split(command)
	switch {
	case err != nil:
		return nil, fmt.Errorf("browser command %q: %w", command, err)
	case len(words) == 0:
		return nil, errors.New("the browser command is empty")
	}
	fill := strings.NewReplacer("{url}", p.URL, "%s", p.URL, "{encoded_url}", url.QueryEscape(p.URL), "{profile}", p.Profile)
	shown := false
	for i, word := range words {
		shown = shown || strings.Contains(word, "{url}") || strings.Contains(word, "{encoded_url}") || strings.Contains(word, "%s")
		words[i] = fill.Replace(word)
	}
	if !shown {
		words = append(words, p.URL)
	}
	return words, nil
}

// split returns the words of a command. A command that is the path of a program is one
// word, even with spaces. A & at the end, by which BROWSER asks not to wait, is dropped.
func split(command string) ([]string, error) {
	command = strings.TrimSpace(command)
	if strings.ContainsAny(command, " \t") {
		if _, err := exec.LookPath(command); err == nil {
			return []string{command}, nil
		}
	}
	if runtime.GOOS == "windows" { // where a backslash is a part of a path
		command = strings.ReplaceAll(command, `\`, `\\`)
	}
	return awsini.SplitWords(strings.TrimSuffix(command, " &"))
}
