package cli

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/layout"
	"github.com/awsexec/awsexec/internal/readfile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// keystoreInitCmd makes the encrypted file, or changes what opens it.
type keystoreInitCmd struct {
	Recipient      []string `sep:"none" placeholder:"RECIPIENT" help:"Encrypt it to this age recipient; may be repeated." detail:"age1…, a public key of SSH in one line, or a file with some, such as ~/.ssh/id_ed25519.pub."`
	Identity       []string `sep:"none" placeholder:"FILE" complete:"file" help:"Open it with the identity in this file." detail:"What age-keygen writes, a private key of SSH, or what a plugin writes. Only its path is kept. Without --recipient, the recipients are those of the identities."`
	TPM            bool     `name:"tpm" help:"Open it with a key that this machine's TPM makes and keeps."`
	PIN            bool     `name:"pin" help:"Give that key a PIN."`
	Recovery       bool     `help:"Make a second identity and print it, to keep on paper." detail:"It is printed once, and only on a terminal. It opens the file if the first identity is lost: put it into a file, and give that as --identity."`
	RecoveryStdout bool     `name:"recovery-stdout" help:"The same, wherever stdout leads."`
	NoRecovery     bool     `name:"no-recovery" help:"Do without a second recipient."`
	Passphrase     bool     `help:"Encrypt it with a passphrase."`
	Yes            bool     `short:"y" help:"Do not ask before the file is encrypted anew."`
}

func (c *keystoreInitCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	if err := c.check(); err != nil {
		return err
	}
	keys, looks, found, err := openFile(sess)
	if err != nil {
		return err
	}
	switch {
	case c.Passphrase && found && looks.Passphrase:
		return &initError{keys.String(), "it has a passphrase already", []string{"passphrase"}, nil}
	case c.Passphrase:
		err = c.toPassphrase(ctx, settings, sess, out, keys, found)
	case found && !looks.Passphrase && len(c.Recipient) > 0:
		return &initError{keys.String(), "it has recipients already", []string{"keystore", "recipients", "add"}, c.Recipient}
	case found && !looks.Passphrase && c.TPM:
		err = c.addTPM(ctx, sess, out, keys)
	case found && !looks.Passphrase:
		return c.adopt(ctx, out, keys)
	default:
		err = c.toRecipients(ctx, settings, sess, out, keys, found)
	}
	if err != nil {
		return err
	}
	if hasKeyring(ctx, settings, sess) {
		out.note("there is a keyring here, which is used in place of the file unless you choose the file")
		out.advise(exportCommand("AWSEXEC_KEYSTORE", string(keystore.KindFile)))
	}
	return nil
}

// initError is the error for a file that is there already.
type initError struct {
	file, why string
	command   []string // that does what is meant
	words     []string // its arguments
}

func (e *initError) Error() string { return e.file + ": " + e.why }

// check returns an error for flags that do not go together.
func (c *keystoreInitCmd) check() error {
	const forms = "awsexec keystore init --recipient RECIPIENT --identity FILE\nawsexec keystore init --tpm\nawsexec keystore init --passphrase"
	ways := 0
	for _, given := range []bool{c.Recovery, c.RecoveryStdout, c.NoRecovery} {
		if given {
			ways++
		}
	}
	switch given := len(c.Recipient)+len(c.Identity) > 0 || c.TPM; {
	case !given && !c.Passphrase:
		return usageError{"nothing says what opens the file", forms}
	case c.Passphrase && (given || ways > 0):
		return usageError{"age does not mix a passphrase with recipients", forms}
	case c.PIN && !c.TPM:
		return usageError{"--pin is for the key of --tpm", "awsexec keystore init --tpm --pin"}
	case ways > 1:
		return usageError{"--recovery, --recovery-stdout and --no-recovery exclude each other", ""}
	}
	return nil
}

// toPassphrase makes the file, or encrypts it anew, with a passphrase.
func (c *keystoreInitCmd) toPassphrase(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, keys *keystore.Store, found bool) error {
	ask := func(ctx context.Context, _ keystore.Access) (keystore.Access, error) {
		p, err := newPassphrase(ctx, settings, sess)
		return keystore.Access{Passphrase: p}, err
	}
	if !found && settings.Env("AWSEXEC_PASSPHRASE") != "" {
		ask = func(ctx context.Context, _ keystore.Access) (keystore.Access, error) {
			p, err := sess.Person.Passphrase(ctx, true)
			return keystore.Access{Passphrase: p}, err
		}
	}
	if !found {
		if err := keys.Create(ctx, ask); err != nil {
			return err
		}
		out.note("made %s, encrypted with the passphrase", keys)
		return nil
	}
	if err := c.consent(ctx, sess, fmt.Sprintf("encrypt %s with a passphrase, and no longer to its recipients?", keys)); err != nil {
		return err
	}
	if err := keys.SetAccess(ctx, ask); err != nil {
		return err
	}
	out.note("%s is encrypted with the passphrase; copies of the file from before still open for its recipients", keys)
	return nil
}

// consent asks whether the file may be encrypted anew.
func (c *keystoreInitCmd) consent(ctx context.Context, sess *session.Session, question string) error {
	if c.Yes {
		return nil
	}
	return unasked(sess.Person.Confirm(ctx, question), "keystore init")
}

// adopt makes the identities those that open the file on this machine.
func (c *keystoreInitCmd) adopt(ctx context.Context, out *ui, keys *keystore.Store) error {
	ways, _, err := c.ways(out, nil)
	if err != nil {
		return err
	}
	if err := keys.Adopt(ctx, ways); err != nil {
		return err
	}
	out.note("%s opens with %s on this machine", keys, strings.Join(ways.Files, " and "))
	return nil
}

// toRecipients makes the file, or encrypts it anew, for recipients.
func (c *keystoreInitCmd) toRecipients(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, keys *keystore.Store, found bool) error {
	var all []agekeys.Recipient
	for _, text := range c.Recipient {
		some, err := recipientsIn(text)
		if err != nil {
			return err
		}
		all = union(all, some)
	}
	ways, own, err := c.ways(out, all)
	if err != nil {
		return err
	}
	if len(c.Recipient) == 0 {
		all = union(all, own)
	}
	if len(all) == 0 && !c.TPM {
		return usageError{"the recipient of this identity cannot be read from it", c.line("--recipient", "RECIPIENT")}
	}
	if len(ways.Files)+len(ways.Identities) == 0 && !c.TPM {
		return usageError{"nothing says which identity opens the file here", c.line("--identity", "FILE")}
	}
	if found {
		if err := c.consent(ctx, sess, fmt.Sprintf("encrypt %s to %s, and no longer with its passphrase?", keys, count(c.count(all), "recipient"))); err != nil {
			return err
		}
	}
	n := 0
	recovery, err := c.recovery(ctx, sess, out, c.count(all))
	if err != nil {
		return err
	}
	to := []func(context.Context, keystore.Access) (keystore.Access, error){
		func(ctx context.Context, _ keystore.Access) (keystore.Access, error) {
			return c.withTPM(ctx, sess, keystore.Access{Recipients: all, Ways: ways})
		},
		func(ctx context.Context, a keystore.Access) (_ keystore.Access, err error) {
			if recovery {
				a.Recipients, err = c.makeRecovery(ctx, sess, out, a.Recipients)
			}
			n = len(a.Recipients)
			return a, err
		},
	}
	if !found {
		if err := keys.Create(ctx, to...); err != nil {
			return err
		}
		out.note("made %s, encrypted to %s", keys, count(n, "recipient"))
		return nil
	}
	if err := rightPassphrase(settings, out, func() error { return keys.SetAccess(ctx, to...) }); err != nil {
		return err
	}
	out.note("%s is encrypted to %s; copies of the file from before still open with the passphrase", keys, count(n, "recipient"))
	return nil
}

// line returns a command line that has more words than this one.
func (c *keystoreInitCmd) line(words ...string) string {
	line := "awsexec keystore init"
	for _, r := range c.Recipient {
		line += " --recipient " + quoteWord(r)
	}
	for _, i := range c.Identity {
		line += " --identity " + quoteWord(i)
	}
	if c.TPM {
		line += " --tpm"
	}
	if c.PIN {
		line += " --pin"
	}
	return line + " " + strings.Join(words, " ")
}

// ways returns how this machine is to open a file with these recipients, and the
// recipients of the identities, as far as they are known.
func (c *keystoreInitCmd) ways(out *ui, all []agekeys.Recipient) (ways keystore.Ways, own []agekeys.Recipient, err error) {
	for _, path := range c.Identity {
		if path, err = identityOf(path); err != nil {
			return ways, nil, err
		}
		data, err := readfile.Read(path, readfile.MaxOwn)
		if err != nil {
			return ways, nil, &keystore.IdentityError{Path: path, Err: err}
		}
		identities, err := agekeys.ParseIdentities(data, path)
		clear(data)
		if err != nil {
			return ways, nil, &keystore.IdentityError{Path: path, Err: err}
		}
		ways.Files = append(ways.Files, path)
		if isOpenToOthers(path) && slices.ContainsFunc(identities, isPlainSecret) {
			out.Warn(&openIdentityError{path})
		}
		for _, i := range identities {
			if i.Recipient.Text != "" {
				own = append(own, i.Recipient)
			}
		}
	}
	if len(c.Identity) > 0 {
		return ways, own, nil
	}
	for _, r := range all { // many plugins find their key without more
		if text := agekeys.PluginIdentity(r); text != "" {
			ways.Identities = append(ways.Identities, text)
		}
	}
	return ways, nil, nil
}

// isPlainSecret reports whether whoever can read the identity can use it.
func isPlainSecret(i agekeys.Identity) bool { return i.Kind != agekeys.TPM && !i.NeedsPerson() }

// isOpenToOthers reports whether other users may read the file at path. Modes mean
// nothing on Windows.
func isOpenToOthers(path string) bool {
	info, err := os.Stat(path)
	return err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o044 != 0
}

// openIdentityError warns of an identity that other users may read.
type openIdentityError struct{ path string }

func (e *openIdentityError) Error() string {
	return fmt.Sprintf("identity %s can be read by other users, who can open the keystore with it", e.path)
}

// recovery reports whether to make a recovery identity beside n recipients.
func (c *keystoreInitCmd) recovery(ctx context.Context, sess *session.Session, out *ui, n int) (bool, error) {
	wanted := c.Recovery || c.RecoveryStdout
	if !wanted && (c.NoRecovery || n > 1) {
		return false, nil
	}
	if !wanted {
		yes, err := sess.Person.Agree(ctx, "if the identity is lost, the keys are lost; make a second one now, to keep on paper?")
		if session.Unasked(err) {
			return false, &recoveryError{"if the only identity is lost, the keys are lost", []string{c.line("--recipient", "ANOTHER"), c.line("--recovery"), c.line("--no-recovery")}}
		}
		if err != nil || !yes {
			return false, err
		}
	}
	if !c.RecoveryStdout && !isTerminal(out.out) {
		return false, &recoveryError{"--recovery prints a secret, and stdout is not a terminal", []string{c.line("--recovery-stdout")}}
	}
	return true, nil
}

// recoveryError is the error for a file that would have no recovery identity.
type recoveryError struct {
	why  string
	ways []string // lines that say what to do about it
}

func (e *recoveryError) Error() string { return e.why }

// makeRecovery makes a recovery identity, prints it, and returns all with its
// recipient. It does so before the file is encrypted: whoever is interrupted in
// between has a worthless line, and not a file without recovery.
func (c *keystoreInitCmd) makeRecovery(ctx context.Context, sess *session.Session, out *ui, all []agekeys.Recipient) ([]agekeys.Recipient, error) {
	secret, r, err := agekeys.NewIdentity(all)
	if err != nil {
		return nil, err
	}
	page := out.page(0)
	page.styled(layout.Strong, "%s", secret)
	if err := out.print(page); err != nil {
		return nil, unprintedError{err}
	}
	out.note("this is the recovery identity, which is not shown again: whoever has it can open the file")
	if !c.RecoveryStdout && !c.Yes {
		if err := sess.Person.Confirm(ctx, "have you written it down?"); err != nil {
			return nil, err
		}
	}
	return union(all, []agekeys.Recipient{r}), nil
}
