package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/backup"
	"github.com/awsexec/awsexec/internal/custody"
	"github.com/awsexec/awsexec/internal/readfile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// restoreCmd stores the keys of a backup.
type restoreCmd struct {
	File     string   `arg:"" complete:"file" help:"Read this file, which awsexec backup has made, or standard input for -."`
	Identity []string `sep:"none" placeholder:"FILE" complete:"file" help:"Open it with the identity in this file." detail:"Without it, the identities that open the encrypted file are tried, or the passphrase is asked for or taken from AWSEXEC_BACKUP_PASSPHRASE."`
	Force    bool     `help:"Replace other keys that are stored under these names."`
	DryRun   bool     `help:"Show what would be done, but change nothing."`
	Yes      bool     `short:"y" help:"Do not ask for confirmation."`
}

func (c *restoreCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, timing timing, stdin io.Reader) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	sealed, err := c.read(stdin)
	if err != nil {
		return err
	}
	plain, err := c.open(ctx, settings, sess, out, sealed)
	defer clear(plain)
	if err != nil {
		return &backupError{c.File, err}
	}
	all, made, err := backup.Decode(plain)
	if err != nil {
		return &backupError{c.File, err}
	}
	keys, err := sess.Keys()
	if err != nil {
		return err
	}
	out.note("%s was made on %s and has %s", c.File, made.Format("2006-01-02"), count(len(all), "key"))
	todo, differ, err := c.compare(ctx, keys, out, all)
	switch {
	case err != nil:
		return err
	case differ > 0:
		return &differError{c.File, differ, keys.String()}
	case len(todo) == 0:
		out.note("%s has all of them", keys)
		return nil
	case c.DryRun:
		out.note("nothing was changed")
		return nil
	case !c.Yes:
		if err := sess.Person.Confirm(ctx, out.tildeOn(true, fmt.Sprintf("store %s in %s?", count(len(todo), "key"), keys))); err != nil {
			return unasked(err, "restore")
		}
	}
	for _, k := range todo {
		remains, err := newCustody(sess, out, timing).Restore(ctx, k.Name, custody.Kept{Key: k.Key, Journal: k.Rotation, TOTP: k.TOTP}, c.Force)
		if err != nil {
			return err
		}
		out.note("key %s is stored as %q in %s", visible.KeyID(k.Key.AccessKeyID), k.Name, keys)
		out.warnOfRemains(remains)
	}
	return nil
}

// read returns the bytes of the file.
func (c *restoreCmd) read(stdin io.Reader) ([]byte, error) {
	if c.File != standardStream {
		return readfile.Read(c.File, readfile.MaxOwn)
	}
	c.File = "standard input" // in messages
	sealed, err := io.ReadAll(io.LimitReader(stdin, readfile.MaxOwn))
	if err != nil {
		return nil, fmt.Errorf("read standard input: %w", err)
	}
	return sealed, nil
}

// compare shows what is to be done for each key, and returns those for which
// something is. Differ counts other keys that would have to be replaced.
func (c *restoreCmd) compare(ctx context.Context, keys *keystore.Store, out *ui, all []backup.Key) (todo []backup.Key, differ int, err error) {
	page := out.page(2)
	page.head("NAME", "KEY", "ROTATION", "ACTION")
	for _, k := range all {
		there, err := keys.Get(ctx, k.Name)
		journal, action := "", "store"
		if k.Rotation != nil {
			journal = "not finished"
		}
		switch {
		case errors.Is(err, keystore.ErrNotFound):
		case err != nil && !errors.Is(err, keystore.ErrCorrupt):
			return nil, 0, err
		case err == nil && there == k.Key:
			if journal, action, err = beside(ctx, keys, k); err != nil {
				return nil, 0, err
			}
		case c.Force:
			action = "replace " + visible.KeyID(there.AccessKeyID)
		default:
			differ++
			action = "none: " + visible.KeyID(there.AccessKeyID) + " is there"
		}
		page.row(k.Name, visible.KeyID(k.Key.AccessKeyID), journal, action)
		if strings.HasPrefix(action, "store") || c.Force && there != k.Key {
			todo = append(todo, k)
		}
	}
	return todo, differ, out.print(page)
}

// beside returns what has become of the rotation of a key that is stored already, and
// what is to be done for the key.
func beside(ctx context.Context, keys *keystore.Store, k backup.Key) (journal, action string, err error) {
	_, err = keys.Rotation(ctx, k.Name)
	switch {
	case err != nil && !errors.Is(err, keystore.ErrNotFound):
		return "", "", err
	case k.Rotation != nil && err != nil:
		journal = "ended since"
	case k.Rotation != nil:
		journal = "not finished"
	}
	_, err = keys.TOTP(ctx, k.Name)
	switch {
	case err != nil && !errors.Is(err, keystore.ErrNotFound):
		return "", "", err
	case err != nil && k.TOTP != nil:
		return journal, "store the TOTP secret", nil
	}
	return journal, "none: it is there", nil
}

// open decrypts the file.
func (c *restoreCmd) open(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, sealed []byte) ([]byte, error) {
	takes, err := backup.TakesPassphrase(sealed)
	if err != nil {
		return nil, err
	}
	if !takes {
		with, err := c.identities(sess)
		if err != nil {
			return nil, err
		}
		return agekeys.Decrypt(ctx, sess.KeyHost(), sealed, with)
	}
	if p := settings.Env(backupPassphrase); p != "" {
		return backup.OpenPassphrase(sealed, []byte(p))
	}
	for try := 1; ; try++ {
		p, err := sess.Person.Ask(ctx, "passphrase of "+visible.Text(c.File)+": ", true)
		if err != nil {
			return nil, fmt.Errorf("%w: passphrase: %w", keystore.ErrLocked, err)
		}
		plain, err := backup.OpenPassphrase(sealed, []byte(p))
		if !errors.Is(err, keystore.ErrWrongPassphrase) || try == passphraseTries {
			return plain, err
		}
		out.note("wrong passphrase; try again")
	}
}

// identities returns those of --identity, or else those of the encrypted file.
func (c *restoreCmd) identities(sess *session.Session) (all []agekeys.Identity, err error) {
	paths := c.Identity
	if len(paths) == 0 {
		o, err := sess.KeystoreOptions()
		if err != nil {
			return nil, err
		}
		looks, err := keystore.LookAtFile(o)
		if err != nil && !errors.Is(err, keystore.ErrNotFound) {
			return nil, err
		}
		paths = looks.Ways.Files
	}
	for _, path := range paths {
		data, err := readfile.Read(path, readfile.MaxOwn)
		if err != nil {
			return nil, &keystore.IdentityError{Path: path, Err: err}
		}
		some, err := agekeys.ParseIdentities(data, path)
		clear(data)
		if err != nil {
			return nil, &keystore.IdentityError{Path: path, Err: err}
		}
		all = append(all, some...)
	}
	return all, nil
}

// backupError is the error for a backup that cannot be read.
type backupError struct {
	path string
	err  error
}

func (e *backupError) Error() string { return e.path + ": " + e.err.Error() }

func (e *backupError) Unwrap() error { return e.err }

// differError reports that other keys are stored under names of a backup.
type differError struct {
	path string
	n    int
	in   string
}

func (e *differError) Error() string {
	return fmt.Sprintf("%s has other keys than %s under %s; nothing was changed", e.in, e.path, count(e.n, "name"))
}
