package term

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

var errNoAnswer = errors.New("no answer in the expected form")

// askPinentry asks with the Assuan protocol. Each command is one line, and the
// answer to it ends with an OK or an ERR line. The commands do not depend on
// the answers, so askPinentry sends them all at once.
func askPinentry(ctx context.Context, path string, env []string, p DialogPrompt) (string, error) {
	escape := strings.NewReplacer("%", "%25").Replace // the text has no line endings
	commands := fmt.Sprintf("SETTITLE %s\nSETDESC %s\nSETPROMPT Answer:\nGETPIN\nBYE\n", escape(p.Title),
		escape(p.Text))
	out, err := runDialog(ctx, path, env, commands)
	defer clear(out)
	if err != nil && len(out) == 0 {
		return "", err
	}
	return parsePinentry(out)
}

// parsePinentry returns the answer to GETPIN, the fourth command after the
// greeting. It ignores a failed SETTITLE.
func parsePinentry(out []byte) (string, error) {
	const greeting, getPIN = 0, 4
	var pin []byte
	defer func() { clear(pin) }()
	replies := 0
	for line := range bytes.Lines(out) {
		word, rest, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(" "))
		switch string(word) {
		case "D":
			pin = append(pin, rest...)
		case "OK":
			if replies == getPIN {
				text, err := url.PathUnescape(string(pin))
				if err != nil {
					return "", errNoAnswer // the error of the decoder would quote the answer
				}
				return answer([]byte(text))
			}
			replies++
		case "ERR":
			if replies == greeting || replies == getPIN {
				return "", pinentryError(rest)
			}
			replies++
		}
	}
	return "", errNoAnswer
}

// pinentryError parses "CODE TEXT". The low 16 bits of the code are an error of
// libgpg-error; the other bits are its source.
func pinentryError(rest []byte) error {
	const timedOut, cancelled, notConfirmed, fullyCancelled = 62, 99, 114, 198
	number, _, _ := strings.Cut(string(rest), " ")
	code, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return errNoAnswer
	}
	switch code & 0xffff {
	case timedOut, cancelled, notConfirmed, fullyCancelled:
		return ErrCancelled
	}
	return fmt.Errorf("error %d", code)
}
