package agekeys

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"strings"
)

// stanza is one message of the plugin protocol, which has the form of the stanzas
// of an age header: a line with its type and arguments, and a body.
type stanza struct {
	Type string
	Args []string
	Body []byte
}

// columns is the length of each line of a body but the last, which is shorter.
const columns = 64

func (s stanza) write(w io.Writer) error {
	var text bytes.Buffer
	text.WriteString("-> " + strings.Join(append([]string{s.Type}, s.Args...), " ") + "\n")
	body := base64.RawStdEncoding.EncodeToString(s.Body)
	for len(body) >= columns {
		text.WriteString(body[:columns] + "\n")
		body = body[columns:]
	}
	text.WriteString(body + "\n")
	defer clear(text.Bytes())
	_, err := w.Write(text.Bytes())
	return err
}

// mostOfPlugin limits what a plugin may write, in bytes.
const mostOfPlugin = 1 << 20

// stanzaReader reads stanzas of a plugin.
type stanzaReader struct{ from *bufio.Reader }

func newStanzaReader(r io.Reader) stanzaReader {
	return stanzaReader{bufio.NewReader(io.LimitReader(r, mostOfPlugin))}
}

var errStanza = errors.New("not a stanza")

func (r stanzaReader) read() (s stanza, err error) {
	line, err := r.line()
	if err != nil {
		return s, err
	}
	words := strings.Split(line, " ")
	if len(words) < 2 || words[0] != "->" {
		return s, errStanza
	}
	for _, word := range words[1:] {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return r < '!' || r > '~' }) {
			return s, errStanza
		}
	}
	s.Type, s.Args = words[1], words[2:]
	for {
		line, err := r.line()
		if err != nil {
			return s, err
		}
		part, err := base64.RawStdEncoding.Strict().DecodeString(line)
		if err != nil || len(line) > columns {
			return s, errStanza
		}
		s.Body = append(s.Body, part...)
		if len(line) < columns {
			return s, nil
		}
	}
}

func (r stanzaReader) line() (string, error) {
	line, err := r.from.ReadString('\n')
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(line, "\n"), nil
}

// choicesOf returns the words for yes and, if there is a choice, for no of a
// question.
func choicesOf(s stanza) ([]string, error) {
	if len(s.Args) < 1 || len(s.Args) > 2 {
		return nil, ErrGarbage
	}
	var choices []string
	for _, arg := range s.Args {
		word, err := base64.RawStdEncoding.Strict().DecodeString(arg)
		if err != nil {
			return nil, ErrGarbage
		}
		choices = append(choices, string(word))
	}
	return choices, nil
}
