package agekeys

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/awsexec/awsexec/internal/backend"
)

// This is the client's side of the plugin protocol. The client of age's own
// package plugin cannot be used here: it has no deadline and never ends a plugin
// that hangs, hands the plugin our whole environment with the secrets in it, and
// reads a variable that makes it print the keys. Source of the protocol:
// C2SP age-plugin.

// pluginLimit bounds the time of a plugin, with the person in front of it, where
// the context has no earlier end.
const pluginLimit = 3 * time.Minute

// The ways in which a plugin fails. Each error of a plugin is a [*PluginError].
var (
	// ErrNoPlugin means that the program is not installed.
	ErrNoPlugin = fmt.Errorf("%w: it is not installed", backend.ErrUnavailable)
	// ErrSilent means that the plugin did not answer in time.
	ErrSilent = fmt.Errorf("%w: no answer in time", backend.ErrUnavailable)
	// ErrUntouched means that the plugin waited for a person in vain.
	ErrUntouched = fmt.Errorf("%w: it waited for you in vain", backend.ErrLocked)
	// ErrGarbage means that the plugin does not keep to the protocol.
	ErrGarbage = fmt.Errorf("%w: it does not speak the protocol of age plugins", backend.ErrUnavailable)
)

// PluginError is an error of the plugin with this name.
type PluginError struct {
	Name string
	Err  error
}

func (e *PluginError) Unwrap() error { return e.Err }

func (e *PluginError) Error() string { return Program(e.Name) + ": " + e.Err.Error() }

// Program returns the name of the program that the plugin with this name is.
func Program(plugin string) string { return "age-plugin-" + plugin }

// caller calls a plugin.
type caller struct {
	ctx  context.Context
	host Host
	name string
}

// pluginRecipient is a recipient that only a plugin can encrypt to.
type pluginRecipient struct {
	caller
	add, text string // the command that names the recipient, and its argument
}

func (r *pluginRecipient) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	stanzas, _, err := r.WrapWithLabels(fileKey)
	return stanzas, err
}

// WrapWithLabels implements age.RecipientWithLabels.
func (r *pluginRecipient) WrapWithLabels(fileKey []byte) (stanzas []*age.Stanza, labels []string, err error) {
	first := []stanza{
		{Type: r.add, Args: []string{r.text}},
		{Type: "wrap-file-key", Body: fileKey},
		{Type: "extension-labels"},
		{Type: "done"},
	}
	err = r.call("recipient-v1", first, func(s stanza) error {
		switch {
		case s.Type == "recipient-stanza" && len(s.Args) >= 2 && s.Args[0] == "0":
			stanzas = append(stanzas, &age.Stanza{Type: s.Args[1], Args: s.Args[2:], Body: s.Body})
			return nil
		case s.Type == "labels" && labels == nil:
			labels = s.Args
			return nil
		case s.Type == "recipient-stanza", s.Type == "labels":
			return ErrGarbage
		}
		return errUnknown
	})
	if err == nil && len(stanzas) == 0 {
		err = &PluginError{r.name, ErrGarbage}
	}
	return stanzas, labels, err
}

// pluginIdentity is an identity that only a plugin can use.
type pluginIdentity struct {
	caller
	text string
}

func (i *pluginIdentity) Unwrap(stanzas []*age.Stanza) (fileKey []byte, err error) {
	first := []stanza{{Type: "add-identity", Args: []string{i.text}}}
	for _, s := range stanzas {
		first = append(first, stanza{Type: "recipient-stanza", Args: append([]string{"0", s.Type}, s.Args...), Body: s.Body})
	}
	first = append(first, stanza{Type: "done"})
	err = i.call("identity-v1", first, func(s stanza) error {
		switch {
		case s.Type == "file-key" && len(s.Args) == 1 && s.Args[0] == "0" && len(s.Body) == fileKeySize && fileKey == nil:
			fileKey = s.Body
			return nil
		case s.Type == "file-key":
			return ErrGarbage
		}
		return errUnknown
	})
	if err == nil && fileKey == nil {
		err = age.ErrIncorrectIdentity
	}
	return fileKey, err
}

const fileKeySize = 16 // of the key of an age file, in bytes

// errUnknown is for a stanza that is not one of the phase.
var errUnknown = errors.New("unknown stanza")

// call runs the plugin, writes first and takes what comes back. Stanzas that are
// the same in both phases are handled here; take gets the others.
func (c caller) call(phase string, first []stanza, take func(stanza) error) error {
	if c.host.Run == nil {
		return &PluginError{c.name, fmt.Errorf("%w: plugins cannot be run here", backend.ErrUnavailable)}
	}
	ctx, cancel := context.WithTimeoutCause(c.ctx, pluginLimit, fmt.Errorf("after %v", pluginLimit))
	defer cancel()
	t := &talk{caller: c, ctx: ctx, take: take}
	err := c.host.Run(ctx, Program(c.name), []string{"--age-plugin=" + phase}, func(with Conversation) error { return t.with(with, first) })
	return t.explain(err)
}

// talk is one conversation with a plugin.
type talk struct {
	caller
	ctx     context.Context
	take    func(stanza) error
	asked   error // why the user gave no answer
	touched int   // how often the plugin has shown or asked the user something
}

func (t *talk) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case t.asked != nil:
		err = fmt.Errorf("%w: %w", backend.ErrLocked, t.asked)
	case errors.Is(err, exec.ErrNotFound):
		err = ErrNoPlugin
	case t.ctx.Err() != nil && t.touched > 0:
		err = fmt.Errorf("%w: %w", ErrUntouched, context.Cause(t.ctx))
	case t.ctx.Err() != nil:
		err = fmt.Errorf("%w: %w", ErrSilent, context.Cause(t.ctx))
	case !isKind(err):
		err = fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
	}
	return &PluginError{t.name, err}
}

func (t *talk) with(c Conversation, first []stanza) error {
	for _, s := range first {
		if err := s.write(c.To); err != nil {
			return ErrGarbage // it has closed its input
		}
	}
	from := newStanzaReader(c.From)
	for {
		s, err := from.read()
		if err != nil {
			return ErrGarbage
		}
		answer := stanza{Type: "ok"}
		switch s.Type {
		case "done":
			return nil
		case "error":
			_ = answer.write(c.To) // it may have gone already
			return fmt.Errorf("%w: %s", backend.ErrLocked, strings.TrimSpace(string(s.Body)))
		default:
			if answer, err = t.answer(c, s); err != nil {
				return err
			}
		}
		if err := answer.write(c.To); err != nil {
			return ErrGarbage
		}
	}
}

// mostToUser bounds what a plugin shows and asks. People are asked for a PIN some
// times at most.
const mostToUser = 50

// answer returns the answer to a stanza.
func (t *talk) answer(c Conversation, s stanza) (stanza, error) {
	ok, failed := stanza{Type: "ok"}, stanza{Type: "fail"}
	text := t.name + ": " + string(s.Body)
	switch s.Type {
	case "msg", "request-public", "request-secret", "confirm":
		if t.touched++; t.touched > mostToUser {
			return failed, fmt.Errorf("%w: it has more than %d messages and questions", backend.ErrUnavailable, mostToUser)
		}
	}
	switch s.Type {
	case "msg":
		c.Show(text)
		return ok, nil
	case "request-public", "request-secret":
		line, err := t.ask(text+": ", s.Type == "request-secret")
		if err != nil {
			return failed, nil
		}
		ok.Body = []byte(line)
		return ok, nil
	case "confirm":
		choices, err := choicesOf(s)
		if err != nil {
			return failed, err
		}
		line, err := t.ask(text+" ["+strings.Join(choices, "/")+"] ", false)
		if err != nil {
			return failed, nil
		}
		ok.Args = []string{"no"}
		if len(choices) == 1 || isYes(line, choices[0]) {
			ok.Args[0] = "yes"
		}
		return ok, nil
	}
	err := t.take(s)
	if errors.Is(err, errUnknown) {
		return stanza{Type: "unsupported"}, nil
	}
	return ok, err
}

// ask asks the user, and remembers why there is no answer: what the plugin makes
// of that is not the cause.
func (t *talk) ask(question string, secret bool) (string, error) {
	if t.host.Ask == nil {
		t.asked = errors.New("nobody can be asked")
		return "", t.asked
	}
	line, err := t.host.Ask(t.ctx, question, secret)
	if err != nil {
		t.asked = err
	}
	return line, err
}

// isYes reports whether line is the choice yes, or means it.
func isYes(line, yes string) bool {
	line = strings.ToLower(strings.TrimSpace(line))
	return line == "y" || line == "yes" || line != "" && line == strings.ToLower(yes)
}
