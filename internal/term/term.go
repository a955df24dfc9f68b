// Package term asks a user for one line: on the terminal of this process, in a
// desktop dialog, or through the command that a profile names as its
// mfa_process.
//
// The package does not use stdin, stdout or stderr, which belong to the program
// that started us (an SDK, for credential_process), and does not read the
// environment. Every wait ends with the context of the caller. Give it a
// deadline, and cancel it on the signals that should end a prompt: SIGINT,
// SIGTERM and SIGHUP.
package term

import (
	"bytes"
	"errors"
	"fmt"
)

var (
	// ErrNoTerminal reports that this process has no terminal that it may read
	// now. It has none at all, or it runs in the background.
	ErrNoTerminal = errors.New("no terminal to ask on")
	// ErrNoDialog reports that there is no desktop, or no program that shows a
	// dialog on it.
	ErrNoDialog = errors.New("no desktop dialog to ask with")
	// ErrBusy reports that somebody asks on the terminal now, where a line would
	// be in the middle of the prompt.
	ErrBusy = errors.New("somebody asks on the terminal")
	// ErrCancelled reports that the user refused to answer.
	ErrCancelled = errors.New("cancelled")
	// ErrEOF reports that the input ended before an answer, because of Ctrl-D
	// or because the terminal went away.
	ErrEOF = errors.New("input ended before an answer")

	errTooLong = fmt.Errorf("answer longer than %d bytes", maxAnswer)
)

// maxAnswer limits an answer, in bytes without its line ending.
const maxAnswer = 4096

// Prompt is a question on the terminal.
type Prompt struct {
	Text   string // one line; no newline is added; printed as visible.Text returns it
	Secret bool   // hides what is typed
}

// answer returns the answer in a line as it was read, and wipes the line.
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

// ctrlC is the byte that arrives if the terminal does not turn Ctrl-C into a
// signal.
const ctrlC = 0x03
