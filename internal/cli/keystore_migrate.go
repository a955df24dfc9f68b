package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/custody"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// keystoreMigrateCmd moves keys from one keystore to another.
type keystoreMigrateCmd struct {
	Names []string `arg:"" complete:"key" optional:"" name:"name" help:"Names of the keys (default: all)."`
	To    string   `required:"" placeholder:"KIND" complete:"keystore" help:"Move them to keyring, file or helper:NAME."`
	Force bool     `help:"Replace other keys that it has under these names."`
	Yes   bool     `short:"y" help:"Do not ask for confirmation."`
}

func (c *keystoreMigrateCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, timing timing) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	to, err := keystoreKind(c.To, "--to")
	if err != nil {
		return err
	}
	if to == keystore.KindAuto {
		return usageError{fmt.Sprintf("--to: invalid value %q: must be keyring, file or helper:NAME", c.To), ""}
	}
	m, err := newMove(ctx, settings, sess, to)
	if err != nil {
		return err
	}
	names := slices.Compact(slices.Sorted(slices.Values(c.Names)))
	if len(names) == 0 {
		names = m.all
	}
	switch {
	case m.from.Kind() == to && len(c.Names) == 0:
		out.note("the keys are in %s already", m.from)
		return nil
	case m.from.Kind() == to:
		return m.here(ctx, c.Names, out)
	case len(names) > 0 && !c.Yes && !m.switched: // else it was asked before
		if err := sess.Person.Confirm(ctx, out.tildeOn(true, fmt.Sprintf("move %s from %s to %s?", count(len(names), "key"), m.from, m.to))); err != nil {
			return unasked(err, "keystore migrate")
		}
	}
	m.switches = m.switches && m.isAll(names)
	moved, err := custody.Moving{
		From: m.from, To: m.to, Patience: timing.lockPatience, Replace: c.Force, Switched: m.switched,
		Switch:  m.begin,
		Waiting: func(s *keystore.Store) func() { return sess.Person.WaitingForPerson("for " + s.String()) },
	}.Move(ctx, names)
	for _, name := range moved {
		out.note("key %q is in %s now", name, m.to)
	}
	if err != nil {
		return err
	}
	if err := m.end(ctx, out); err != nil {
		return err
	}
	return m.tellCallers(settings, sess, out, names)
}

// move is a move of keys from one keystore to another.
type move struct {
	options  keystore.Options
	from, to *keystore.Store
	all      []string // the names in from
	switches bool     // auto is to mean to afterwards
	switched bool     // since an earlier run, which did not end
	leads    bool     // auto means to already
}

// newMove returns the move to a keystore from the one that the user chose, or the
// rest of one that was interrupted.
func newMove(ctx context.Context, settings *session.Settings, sess *session.Session, to keystore.Kind) (*move, error) {
	o, err := sess.KeystoreOptions()
	if err != nil {
		return nil, err
	}
	m := &move{options: o}
	chosen, err := o.Chosen()
	if err != nil {
		return nil, err
	}
	if chosen.From != "" && chosen.Kind != to {
		return nil, &unfinishedMoveError{chosen}
	}
	if chosen.From != "" {
		m.switched, m.switches = true, true
		m.from, err = keystore.Open(chosen.From, o)
	} else {
		m.from, err = sess.Keys()
	}
	if err != nil {
		return nil, err
	}
	entries, err := m.from.List(ctx) // which settles what auto means
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		m.all = append(m.all, e.Name)
	}
	auto := m.from.Kind()
	if settings.Keystore != keystore.KindAuto {
		auto = kindOfAuto(ctx, o)
	}
	m.switches = m.switches || auto == m.from.Kind()
	m.leads = auto == to
	m.to, err = keystore.Open(to, o)
	return m, err
}

// kindOfAuto returns the kind of keystore that is used where none is named; "" if
// there is none.
func kindOfAuto(ctx context.Context, o keystore.Options) keystore.Kind {
	s, err := keystore.Open(keystore.KindAuto, o)
	if err != nil {
		return ""
	}
	if _, err := s.List(ctx); err != nil {
		return ""
	}
	return s.Kind()
}

// isAll reports whether from has no other keys than those called names.
func (m *move) isAll(names []string) bool {
	return !slices.ContainsFunc(m.all, func(name string) bool { return !slices.Contains(names, name) })
}

// here checks that the keystore has keys that need not be moved.
func (m *move) here(ctx context.Context, names []string, out *ui) error {
	for _, name := range names {
		if _, err := m.from.KeyID(ctx, name); err != nil {
			return err
		}
		out.note("key %q is in %s already", name, m.from)
	}
	return nil
}

// begin has auto mean the new keystore, while keys are still in both.
func (m *move) begin() error {
	if !m.switches {
		return nil
	}
	return m.options.Choose(keystore.Choice{Kind: m.to.Kind(), From: m.from.Kind()})
}

// end records that nothing is left to do, and says where keys are from now on.
func (m *move) end(ctx context.Context, out *ui) error {
	if !m.switches {
		return nil
	}
	if err := m.options.Choose(keystore.Choice{Kind: m.to.Kind()}); err != nil {
		return err
	}
	out.note("keys are stored in %s from now on", m.to)
	left, err := m.from.List(ctx)
	if err == nil && len(left) > 0 {
		out.note("%s still has %s", m.from, count(len(left), "key"))
	}
	return nil
}

// tellCallers says what still leads to the old keystore: a variable, or the
// credential_process of a profile that uses one of the keys.
func (m *move) tellCallers(settings *session.Settings, sess *session.Session, out *ui, names []string) error {
	to := string(m.to.Kind())
	usual := to
	if !m.switches && !m.leads {
		usual = string(m.from.Kind())
		out.note("calls for %s need --keystore %s", strings.Join(names, ", "), to)
	}
	if of := settings.Env("AWSEXEC_KEYSTORE"); of != "" {
		usual = of
		if of != to {
			out.note("AWSEXEC_KEYSTORE is still %s", of)
		}
	}
	config, err := sess.Config()
	if err != nil {
		out.Warn(err)
		return nil
	}
	var lines []string
	for _, p := range leadingTo(config, names) {
		words, err := awsini.SplitWords(p.CredentialProcess)
		if err != nil {
			continue
		}
		if of := keystoreIn(words, usual); of != to && of != string(keystore.KindAuto) {
			lines = append(lines, fmt.Sprintf("[profile %s]", p.Name), "credential_process = "+processCommand(settings.Self, p.Name, "--keystore", to))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	out.note("put this into %s:", settings.Files.Config)
	page := out.page(0)
	for _, line := range lines {
		page.line("%s", line)
	}
	return out.print(page)
}

// keystoreIn returns the keystore that a command line of awsexec names, or usual.
func keystoreIn(words []string, usual string) string {
	for i, word := range words {
		if value, ok := strings.CutPrefix(word, "--keystore="); ok {
			return value
		}
		if word == "--keystore" && i+1 < len(words) {
			return words[i+1]
		}
	}
	return usual
}

// unfinishedMoveError reports that keys were being moved to another keystore.
type unfinishedMoveError struct{ chosen keystore.Choice }

func (e *unfinishedMoveError) Error() string {
	return fmt.Sprintf("moving keys from %s to %s is not finished", e.chosen.From, e.chosen.Kind)
}
