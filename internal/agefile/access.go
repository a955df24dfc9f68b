package agefile

import (
	"bytes"
	"context"
	"errors"
	"io/fs"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/backend"
)

// Access is who may open a file: whoever has the passphrase, or whoever has an
// identity of one of its recipients.
type Access struct {
	Recipients []agekeys.Recipient // nil for a passphrase
	Ways       Ways                // of this machine, with recipients
	Passphrase []byte              // the caller keeps the bytes
}

// texts returns the recipients as the content of the file has them.
func (a Access) texts() []string {
	var all []string
	for _, r := range a.Recipients {
		all = append(all, r.Text)
	}
	return all
}

// Looks are what is known about the access to a file without opening it.
type Looks struct {
	Passphrase bool     // it is opened with a passphrase
	Recipients []string // as they were when this machine last wrote the file; nobody vouches for them
	Ways       Ways
}

// Look returns what is known about the access to the file without opening it. The
// error is ErrNotFound if there is no file.
func (f *File) Look() (Looks, error) {
	sealed, err := readFile(f.opts.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return Looks{}, backend.ErrNotFound
	}
	if err != nil {
		return Looks{}, backend.Denied(err)
	}
	if _, err := agekeys.Stanzas(sealed); err != nil {
		return Looks{}, err
	}
	if hasPassphrase(sealed) {
		return Looks{Passphrase: true}, nil
	}
	w, _, err := f.readWays()
	return Looks{Recipients: w.Recipients, Ways: w.Ways}, err
}

// Recipients returns the recipients of the file, after Prepare; nil if it is
// opened with a passphrase.
func (f *File) Recipients(ctx context.Context) ([]agekeys.Recipient, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found, err := f.load(ctx, backend.ToRead, false)
	if err == nil && !found {
		err = backend.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	f.showRecipients()
	var all []agekeys.Recipient
	for _, text := range f.recipients {
		r, err := agekeys.ParseRecipient(text)
		if err != nil {
			r = agekeys.Recipient{Text: text}
		}
		all = append(all, r)
	}
	return all, nil
}

// Try reports whether this machine could open a file with the access a: it
// encrypts something to the recipients and decrypts it with the ways, which may
// ask a person. A file that is then encrypted for a is not lost.
func (f *File) Try(ctx context.Context, a Access) error {
	if a.Recipients == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	read, err := f.identitiesOf(a.Ways)
	if err != nil {
		return err
	}
	sealed, err := sealTo(ctx, f.opts.Host, []byte("awsexec"), a.Recipients)
	if err != nil {
		return err
	}
	plain, err := agekeys.Decrypt(ctx, f.opts.Host, sealed, read)
	clear(plain)
	return err
}

// SetAccess encrypts the file anew, for a, after Prepare has opened it. With create
// the file must be missing, and is made; otherwise it must be there. It first ends the unlocking and calls Forget, because a
// change should end the access that others had. Killed at any point it leaves the
// old file, which opens as before, or the new one.
func (f *File) SetAccess(ctx context.Context, a Access, create bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	found, err := f.load(ctx, backend.ToProve, false)
	if err != nil {
		return err
	}
	if found == create {
		return map[bool]error{true: ErrExists, false: backend.ErrNotFound}[found]
	}
	items := f.items
	if create {
		items, err = f.begin()
	} else {
		f.opts.Forget()
		err = f.opts.Copy.Remove()
	}
	if err != nil {
		return err
	}
	if err := f.write(ctx, items, a, func() error { return f.keepWays(a) }); err != nil {
		return err
	}
	clear(f.passphrase)
	f.passphrase = bytes.Clone(a.Passphrase)
	if a.Recipients == nil {
		f.removeWays()
		return nil
	}
	return f.writeWays(ways{Ways: a.Ways, Recipients: f.recipients})
}

// keepWays writes the ways to open both the file as it is and one with the access
// a, which is about to replace it.
func (f *File) keepWays(a Access) error {
	if a.Recipients == nil {
		return nil
	}
	both := ways{Ways: a.Ways, Recipients: f.recipients}
	if f.recipients != nil {
		if old, _, err := f.readWays(); err == nil {
			both.Ways = old.Ways.and(a.Ways)
		}
	}
	return f.writeWays(both)
}

// Adopt makes w the ways of this machine to open the file, after it has opened the
// file with them. It asks a person where one is needed.
func (f *File) Adopt(ctx context.Context, w Ways) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	sealed, err := readFile(f.opts.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return backend.ErrNotFound
	}
	if err != nil {
		return backend.Denied(err)
	}
	read, err := readIdentities(w)
	if err != nil {
		return err
	}
	plain, err := agekeys.Decrypt(ctx, f.opts.Host, sealed, read)
	if err != nil {
		return err
	}
	if err := f.take(sealed, plain, true); err != nil {
		return err
	}
	return f.writeWays(ways{Ways: w, Recipients: f.recipients})
}

// open decrypts the file. It does not ask for the passphrase of a file that no
// passphrase can open.
func (f *File) open(ctx context.Context, sealed []byte, ask bool) ([]byte, error) {
	if _, err := agekeys.Stanzas(sealed); err != nil {
		return nil, err
	}
	if hasPassphrase(sealed) {
		return f.openWithPassphrase(ctx, sealed, ask)
	}
	known, err := f.knownIdentities()
	if err != nil {
		return nil, err
	}
	f.opts.Debug("opening %s with %d identities", f.opts.Path, len(known))
	if ask || f.outrun >= mostOutrun {
		return agekeys.Decrypt(ctx, f.opts.Host, sealed, known)
	}
	var alone []agekeys.Identity // that need nobody
	for _, i := range known {
		if !i.NeedsPerson() {
			alone = append(alone, i)
		}
	}
	plain, err := agekeys.Decrypt(ctx, f.opts.Host, sealed, alone)
	if errors.Is(err, agekeys.ErrNoMatch) && len(alone) < len(known) {
		if f.items != nil {
			f.outrun++
		}
		return nil, backend.ErrUnprepared
	}
	return plain, err
}

// mostOutrun is how often a person may open the file in vain, because others have
// changed it by the time that the caller has its lock. After that the person is
// asked once more while the caller holds the lock, so that the others wait.
const mostOutrun = 2

// Ready reports whether the file can be read without a person.
func (f *File) Ready() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	known, err := f.knownIdentities()
	for _, i := range known {
		if i.NeedsPerson() {
			return false
		}
	}
	sealed, readErr := readFile(f.opts.Path)
	return err == nil && readErr == nil && len(known) > 0 && !hasPassphrase(sealed)
}

// ErrExists means that the file that is to be made is there already.
var ErrExists = errors.New("it exists already")
