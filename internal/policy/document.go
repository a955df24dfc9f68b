package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// DocumentError reports a policy that AWS would not take.
type DocumentError struct {
	File         string // "" for one that is in no file
	Line, Column int    // from 1, of characters; 0 if it is about no place
	Reason       string
}

func (e *DocumentError) Error() string {
	of := "the policy"
	if e.File != "" {
		of = e.File
	}
	if e.Line > 0 {
		of += fmt.Sprintf(":%d:%d", e.Line, e.Column)
	}
	return of + ": " + e.Reason
}

// Document returns the policy in text without the spaces between its parts. The error
// is a [*DocumentError]. What the statements mean is left to AWS.
func Document(text []byte) (string, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // of editors on Windows
	at := func(offset int, reason string) error {
		line, column := position(text, offset)
		return &DocumentError{Line: line, Column: column, Reason: reason}
	}
	var members map[string]json.RawMessage
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(text, &members); {
	case errors.As(err, &syntax):
		return "", at(int(syntax.Offset)-1, "this is not JSON: "+syntax.Error())
	case err != nil || members == nil:
		return "", &DocumentError{Reason: "a policy is a JSON object, {…}"}
	case members["Statement"] == nil:
		return "", &DocumentError{Reason: "a policy has a Statement, and this one has none"}
	}
	if name, offset := repeated(json.NewDecoder(bytes.NewReader(text))); name != "" {
		return "", at(offset-1, fmt.Sprintf("%q is there twice: it is not clear which one counts", name))
	}
	for offset, r := range string(text) { // the characters that AWS takes. Source: API reference of AssumeRole
		if r > 0xff { // bytes that are not UTF-8 too
			return "", at(offset, fmt.Sprintf("AWS does not take the character %q in a session policy", r))
		}
	}
	var short bytes.Buffer
	if err := json.Compact(&short, text); err != nil {
		return "", &DocumentError{Reason: err.Error()}
	}
	if n := utf8.RuneCount(short.Bytes()); n > MaxDocument {
		return "", &DocumentError{Reason: fmt.Sprintf("the policy has %d characters without its spaces, and AWS takes at most %d", n, MaxDocument)}
	}
	return short.String(), nil
}

// repeated returns the first member that a value has twice in one of its objects, and
// where its name ends; "" if none has. The value is JSON.
func repeated(text *json.Decoder) (name string, end int) {
	token, _ := text.Token()
	open, _ := token.(json.Delim)
	if open != '{' && open != '[' {
		return "", 0
	}
	names := map[string]bool{}
	for text.More() {
		if open == '{' {
			token, _ := text.Token()
			name, _ := token.(string)
			if names[name] {
				return name, int(text.InputOffset())
			}
			names[name] = true
		}
		if name, end := repeated(text); name != "" {
			return name, end
		}
	}
	_, _ = text.Token()
	return "", 0
}

// position returns the line and the column of a byte in text.
func position(text []byte, offset int) (line, column int) {
	before := text[:min(max(offset, 0), len(text))]
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
}
