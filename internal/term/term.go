// Package term asks a human for one line: on the terminal of this process, in a desktop dialog, or through the command that
// a profile names as its mfa_process.
//
// Nothing here touches stdin, stdout or stderr, which belong to whoever started us (an SDK, with credential_process), and
// nothing reads the environment. Every wait ends with the context that the caller hands in: give it a deadline, and cancel
// it on the signals that shall end a prompt (SIGINT, SIGTERM, SIGHUP).
package term

import (
	"bytes"
	"errors"
	"fmt"
)

var (
	// ErrNoTerminal: there is no terminal that this process may read now. It has none, or runs in the background of one.
	ErrNoTerminal = errors.New("no terminal to ask on")
	// ErrNoDialog: there is no desktop here, or no program that shows a dialog on it.
	ErrNoDialog = errors.New("no desktop dialog to ask with")
	// ErrCancelled: the human was asked and said no.
	ErrCancelled = errors.New("cancelled")
	// ErrEOF: the input ended before an answer, by Ctrl-D or because the terminal went away.
	ErrEOF = errors.New("input ended before an answer")

	errTooLong = fmt.Errorf("answer longer than %d bytes", maxAnswer)
)

// maxAnswer bounds an answer in bytes, its line ending not counted.
const maxAnswer = 4096

// Prompt is a question on the terminal.
type Prompt struct {
	Text   string // one line; no newline follows. What does not print is written as visible.Text does
	Secret bool   // what is typed is not shown
}

// answer turns a line as it was read into the answer, and wipes the line.
func answer(line []byte) (string, error) {
	defer clear(line)
	text := bytes.TrimRight(line, "\r\n")
	switch {
	case bytes.IndexByte(text, ctrlC) >= 0:
		return "", ErrCancelled
	case len(text) > maxAnswer:
		return "", errTooLong
	}
	return string(text), nil
}

// ctrlC arrives as a byte where the terminal makes no signal of it.
const ctrlC = 0x03
