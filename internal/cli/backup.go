package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/atomicfile"
	"github.com/awsexec/awsexec/internal/backup"
	"github.com/awsexec/awsexec/internal/session"
)

// backupCmd writes all keys into one encrypted file.
type backupCmd struct {
	File       string   `arg:"" complete:"file" help:"Write this file, or standard output for -."`
	Recipient  []string `sep:"none" placeholder:"RECIPIENT" help:"Encrypt it to this age recipient; may be repeated." detail:"age1…, a public key of SSH in one line, or a file with some."`
	Passphrase bool     `help:"Encrypt it with a passphrase." detail:"It is asked for, or taken from AWSEXEC_BACKUP_PASSPHRASE."`
	Force      bool     `help:"Replace the file if it exists."`
}

func (c *backupCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, timing timing) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	const forms = "awsexec backup FILE --recipient RECIPIENT\nawsexec backup FILE --passphrase"
	switch {
	case c.Passphrase == (len(c.Recipient) > 0) && c.Passphrase:
		return usageError{"age does not mix a passphrase with recipients", forms}
	case c.Passphrase == (len(c.Recipient) > 0):
		return usageError{"nothing says who can open the file", forms}
	}
	var to []agekeys.Recipient
	for _, text := range c.Recipient {
		some, err := recipientsIn(text)
		if err != nil {
			return err
		}
		to = union(to, some)
	}
	if c.File == standardStream && isTerminal(out.out) {
		return usageError{"an age file is no text for a terminal", forms}
	}
	if _, err := os.Lstat(c.File); c.File != standardStream && !c.Force && !errors.Is(err, fs.ErrNotExist) {
		return &fileExistsError{c.File}
	}
	all, err := c.read(ctx, sess, out, timing)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("no keys are stored in %s", sess.Opened())
	}
	plain, err := backup.Encode(all, settings.Now())
	defer clear(plain)
	if err != nil {
		return err
	}
	sealed, err := c.seal(ctx, settings, sess, plain, to)
	if err != nil {
		return fmt.Errorf("encrypt %s: %w", c.File, err)
	}
	if err := c.write(out, sealed); err != nil {
		return err
	}
	where := c.File
	if where == standardStream {
		where = "the backup"
	}
	out.note("%s of %s %s in %s, without profiles and sessions", count(len(all), "key"), sess.Opened(), isOrAre(len(all)), where)
	if c.File != standardStream {
		out.advise(hintOfBackup(c.File, out.adv))
	}
	return nil
}

// standardStream is the name of a file that stands for standard output, or input.
const standardStream = "-"

// write writes the backup, for its owner alone.
func (c *backupCmd) write(out *ui, sealed []byte) error {
	if c.File == standardStream {
		if _, err := out.out.Write(sealed); err != nil {
			return unprintedError{err}
		}
		return nil
	}
	atomicfile.Tidy(c.File) // what an earlier run has left that was killed
	if info, err := os.Stat(c.File); err == nil && info.Mode().IsRegular() {
		if err := os.Chmod(c.File, 0o600); err != nil { // Write keeps the mode
			return err
		}
	}
	return atomicfile.Write(c.File, sealed, 0o600)
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// read returns all keys of the keystore.
func (c *backupCmd) read(ctx context.Context, sess *session.Session, out *ui, timing timing) (all []backup.Key, err error) {
	keys, err := sess.Keys()
	if err != nil {
		return nil, err
	}
	entries, err := keys.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		kept, err := newCustody(sess, out, timing).Backed(ctx, e.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, backup.Key{Name: e.Name, Key: kept.Key, Rotation: kept.Journal, TOTP: kept.TOTP})
	}
	return all, nil
}

// seal encrypts the content of the file.
func (c *backupCmd) seal(ctx context.Context, settings *session.Settings, sess *session.Session, plain []byte, to []agekeys.Recipient) ([]byte, error) {
	if !c.Passphrase {
		return agekeys.Encrypt(ctx, sess.KeyHost(), plain, to)
	}
	passphrase, err := newBackupPassphrase(ctx, settings, sess)
	defer clear(passphrase)
	if err != nil {
		return nil, err
	}
	return backup.SealPassphrase(plain, passphrase, settings.WorkFactor)
}

const backupPassphrase = "AWSEXEC_BACKUP_PASSPHRASE"

// newBackupPassphrase returns the passphrase for a backup, from the environment or
// from the person at the terminal.
func newBackupPassphrase(ctx context.Context, settings *session.Settings, sess *session.Session) ([]byte, error) {
	if p := settings.Env(backupPassphrase); p != "" {
		if err := session.CheckPassphrase([]byte(p)); err != nil {
			return nil, fmt.Errorf("%s: %w", backupPassphrase, err)
		}
		return []byte(p), nil
	}
	p, err := sess.Person.NewPassphrase(ctx)
	return p, unasked(err, "backup")
}

// fileExistsError is the error for a file that would be overwritten.
type fileExistsError struct{ path string }

func (e *fileExistsError) Error() string { return e.path + " exists already" }
