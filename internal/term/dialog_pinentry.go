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

var errNoAnswer = errors.New("no answer of the form expected")

// askPinentry speaks the Assuan protocol: one line per command, each answered by lines up to an OK or an ERR. The commands do
// not depend on the answers, so all go out at once.
func askPinentry(ctx context.Context, path string, env []string, p DialogPrompt) (string, error) {
	escape := strings.NewReplacer("%", "%25").Replace // a line ending is gone already
	commands := fmt.Sprintf("SETTITLE %s\nSETDESC %s\nSETPROMPT Answer:\nGETPIN\nBYE\n", escape(p.Title), escape(p.Text))
	out, err := runDialog(ctx, path, env, commands)
	defer clear(out)
	if err != nil && len(out) == 0 {
		return "", err
	}
	return parsePinentry(out)
}

// parsePinentry finds the answer to GETPIN, the fourth command, behind the greeting. A failed SETTITLE is no failure.
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
					return "", errNoAnswer // the error would quote it
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

// pinentryError reads "CODE TEXT". The low 16 bits of the code are the error of libgpg-error, the others its source.
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
