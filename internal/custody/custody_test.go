package custody

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/keystore"
)

var (
	first  = aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPL1", SecretAccessKey: ststest.Marker + "/1"}
	second = aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPL2", SecretAccessKey: ststest.Marker + "/2"}
)

// newCustody returns the custody of an empty encrypted file, and the ids of the
// keys whose sessions it has forgotten.
func newCustody(t *testing.T) (c Custody, forgot *[]string) {
	t.Helper()
	keys, err := keystore.OpenFile(keystore.Options{
		Dir: t.TempDir(), WorkFactor: 1,
		Passphrase: func(context.Context, bool) ([]byte, error) { return []byte("passphrase"), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	forgot = new([]string)
	return Custody{
		Locks:   Locks{keys, 10 * time.Millisecond},
		Forget:  func(id string) { *forgot = append(*forgot, id) },
		Waiting: func() func() { return func() {} },
	}, forgot
}

func verified(context.Context) error { return nil }

func (c Custody) add(t *testing.T, name string, key aws.Credentials) {
	t.Helper()
	if _, err := c.Add(t.Context(), name, key, true, verified); err != nil {
		t.Fatal(err)
	}
}

func (c Custody) has(t *testing.T, name string, want aws.Credentials) {
	t.Helper()
	got, err := c.Keys.Get(t.Context(), name)
	if errors.Is(err, keystore.ErrNotFound) {
		err = nil
	}
	if err != nil || got.AccessKeyID != want.AccessKeyID || got.SecretAccessKey != want.SecretAccessKey {
		t.Errorf("key %q is %s, %v, want %s", name, got.AccessKeyID, err, want.AccessKeyID)
	}
}

// begin begins a rotation of name to the second key.
func (c Custody) begin(t *testing.T, name string) {
	t.Helper()
	journal := keystore.Rotation{Old: first, New: second, Began: time.Unix(1e9, 0).UTC()}
	if err := c.Keys.PutRotation(t.Context(), name, journal); err != nil {
		t.Fatal(err)
	}
}

func TestAdd(t *testing.T) {
	c, forgot := newCustody(t)
	c.add(t, "work", first)
	var exists *ExistsError
	if _, err := c.Add(t.Context(), "work", second, false, verified); !errors.As(err, &exists) || exists.KeyID != first.AccessKeyID {
		t.Errorf("got %v, want an ExistsError", err)
	}
	no := errors.New("no")
	if _, err := c.Add(t.Context(), "work", second, true, func(context.Context) error { return no }); !errors.Is(err, no) {
		t.Errorf("got %v, want the error of the verification", err)
	}
	c.has(t, "work", first)
	c.add(t, "work", second)
	c.has(t, "work", second)
	if !slices.Equal(*forgot, []string{first.AccessKeyID}) {
		t.Errorf("forgot the sessions of %q", *forgot)
	}
}

// Whoever holds a lock keeps others from the name and from the id.
func TestBusy(t *testing.T) {
	c, _ := newCustody(t)
	for what, lock := range map[string]func() (func(), error){
		"name": func() (func(), error) { return c.LockKey(t.Context(), "work") },
		"id":   func() (func(), error) { return c.LockKeyID(t.Context(), first.AccessKeyID) },
	} {
		release, err := lock()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Add(t.Context(), "work", first, true, verified); !errors.Is(err, ErrBusy) {
			t.Errorf("%s: got %v, want ErrBusy", what, err)
		}
		release()
	}
	c.add(t, "work", first)
}

// The old key of a rotation that is not finished is not stored again, unless that
// ends the rotation.
func TestRetiring(t *testing.T) {
	c, _ := newCustody(t)
	c.add(t, "work", first)
	c.begin(t, "work")
	var retiring *RetiringError
	if _, err := c.Add(t.Context(), "other", first, true, verified); !errors.As(err, &retiring) || retiring.Name != "work" {
		t.Errorf("got %v, want a RetiringError", err)
	}
	if err := c.Keys.Replace(t.Context(), "work", first.AccessKeyID, second); err != nil {
		t.Fatal(err)
	}
	if err := c.CheckRetiring(t.Context(), "work", first.AccessKeyID); !errors.As(err, &retiring) {
		t.Errorf("got %v, want a RetiringError", err)
	}
	remains, err := c.Add(t.Context(), "work", second, true, verified)
	if err != nil || !slices.Equal(remains.KeyIDs, []string{first.AccessKeyID}) {
		t.Errorf("the rotation leaves %q, %v", remains.KeyIDs, err)
	}
	if err := c.CheckRetiring(t.Context(), "work", first.AccessKeyID); err != nil {
		t.Errorf("the rotation goes on: %v", err)
	}
}

func TestRemove(t *testing.T) {
	c, forgot := newCustody(t)
	c.add(t, "work", first)
	c.begin(t, "work")
	var changed *ChangedError
	if _, err := c.Remove(t.Context(), "work", second.AccessKeyID); !errors.As(err, &changed) || changed.KeyID != first.AccessKeyID {
		t.Errorf("got %v, want a ChangedError", err)
	}
	c.has(t, "work", first)
	remains, err := c.Remove(t.Context(), "work", first.AccessKeyID)
	if err != nil || !slices.Equal(remains.KeyIDs, []string{second.AccessKeyID}) {
		t.Errorf("the rotation leaves %q, %v", remains.KeyIDs, err)
	}
	c.has(t, "work", aws.Credentials{})
	if !slices.Equal(*forgot, []string{first.AccessKeyID, first.AccessKeyID}) {
		t.Errorf("forgot the sessions of %q", *forgot)
	}
}

// The sessions of a key go with its last name, whichever way that goes.
func TestLastName(t *testing.T) {
	remove := func(name string) func(t *testing.T, c Custody) {
		return func(t *testing.T, c Custody) {
			if _, err := c.Remove(t.Context(), name, first.AccessKeyID); err != nil {
				t.Fatal(err)
			}
		}
	}
	replace := func(name string, key aws.Credentials) func(t *testing.T, c Custody) {
		return func(t *testing.T, c Custody) { c.add(t, name, key) }
	}
	put := func(t *testing.T, c Custody) {
		if _, err := c.Put(t.Context(), "copy", second, first.AccessKeyID); err != nil {
			t.Fatal(err)
		}
	}
	rotated := func(t *testing.T, c Custody) {
		if err := c.Keys.Replace(t.Context(), "copy", first.AccessKeyID, second); err != nil {
			t.Fatal(err)
		}
		c.ForgetLast(t.Context(), "copy", first.AccessKeyID)
	}
	for what, last := range map[string]func(t *testing.T, c Custody){
		"removed": remove("copy"), "replaced": replace("copy", second), "imported": put, "rotated": rotated,
	} {
		t.Run(what, func(t *testing.T) {
			c, forgot := newCustody(t)
			c.add(t, "work", first)
			c.add(t, "copy", first)
			c.add(t, "third", first)
			replace("work", first)(t, c) // the same key again
			remove("work")(t, c)
			replace("third", second)(t, c)
			if len(*forgot) > 0 {
				t.Errorf("forgot the sessions of %q while the key has a name", *forgot)
			}
			last(t, c)
			if got := slices.Compact(*forgot); !slices.Equal(got, []string{first.AccessKeyID}) {
				t.Errorf("forgot the sessions of %q with its last name", got)
			}
		})
	}
}

// A name that the index alone gives to the key does not keep its sessions.
func TestLastNameInTheStore(t *testing.T) {
	dir := t.TempDir()
	open := opener(t, dir)
	open().add(t, "work", first)
	open().add(t, "copy", first)
	rewrite(t, filepath.Join(dir, "keystore.age"), "awsexec/copy", []byte("no key"))
	c := open()
	var forgot []string
	c.Forget = func(id string) { forgot = append(forgot, id) }
	if _, err := c.Remove(t.Context(), "work", first.AccessKeyID); err != nil || len(forgot) == 0 {
		t.Errorf("forgot %q, %v", forgot, err)
	}
}

// opener returns a function that opens the encrypted file in dir anew.
func opener(t *testing.T, dir string) func() Custody {
	return func() Custody {
		keys, err := keystore.OpenFile(keystore.Options{
			Dir: dir, WorkFactor: 1,
			Passphrase: func(context.Context, bool) ([]byte, error) { return []byte("passphrase"), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		return Custody{Locks: Locks{keys, 10 * time.Millisecond}, Forget: func(string) {}, Waiting: func() func() { return func() {} }}
	}
}

// A key whose rotation journal is damaged can be replaced and removed. What is left
// at AWS is not known then.
func TestDamagedJournal(t *testing.T) {
	dir := t.TempDir()
	open := opener(t, dir)
	damage := func() {
		open().begin(t, "work")
		rewrite(t, filepath.Join(dir, "keystore.age"), "awsexec-next/work", []byte("no journal"))
	}
	open().add(t, "work", first)
	damage()
	c := open()
	if remains, err := c.Add(t.Context(), "work", first, true, verified); err != nil || !remains.Unknown {
		t.Errorf("add: %+v, %v", remains, err)
	}
	if _, err := c.Keys.Rotation(t.Context(), "work"); !errors.Is(err, keystore.ErrNotFound) {
		t.Errorf("the journal is still there: %v", err)
	}
	damage()
	c = open()
	if remains, err := c.Remove(t.Context(), "work", first.AccessKeyID); err != nil || !remains.Unknown {
		t.Errorf("remove: %+v, %v", remains, err)
	}
	c.has(t, "work", aws.Credentials{})
}

// A key that is damaged in the store can be replaced, on demand alone.
func TestAddOverDamagedKey(t *testing.T) {
	dir := t.TempDir()
	open := opener(t, dir)
	open().add(t, "work", first)
	rewrite(t, filepath.Join(dir, "keystore.age"), "awsexec/work", []byte("no key"))
	if _, err := open().Add(t.Context(), "work", second, false, verified); !errors.Is(err, keystore.ErrCorrupt) {
		t.Errorf("got %v, want that the key is damaged", err)
	}
	c := open()
	c.add(t, "work", second)
	c.has(t, "work", second)
}

// rewrite puts value in the place of an item of the encrypted file at path.
func rewrite(t *testing.T, path, item string, value []byte) {
	t.Helper()
	identity, err := age.NewScryptIdentity("passphrase")
	if err != nil {
		t.Fatal(err)
	}
	recipient, err := age.NewScryptRecipient("passphrase")
	if err != nil {
		t.Fatal(err)
	}
	recipient.SetWorkFactor(1)
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if err != nil {
		t.Fatal(err)
	}
	var content struct {
		Version int               `json:"version"`
		Items   map[string][]byte `json:"items"`
	}
	if err := json.NewDecoder(plain).Decode(&content); err != nil {
		t.Fatal(err)
	}
	content.Items[item] = value
	var out bytes.Buffer
	w, err := age.Encrypt(&out, recipient)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(json.NewEncoder(w).Encode(content), w.Close(), os.WriteFile(path, out.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// TestRestoreJournal checks that the journal of a rotation comes back with its key, and
// not once the rotation has ended.
func TestRestoreJournal(t *testing.T) {
	c, _ := newCustody(t)
	kept := Kept{Key: second, Journal: &keystore.Rotation{Old: first, New: second, Began: time.Unix(1e9, 0).UTC()}}
	restore := func() {
		t.Helper()
		if remains, err := c.Restore(t.Context(), "work", kept, false); err != nil || len(remains.KeyIDs) > 0 || remains.Unknown {
			t.Errorf("restore: %+v, %v", remains, err)
		}
		c.has(t, "work", second)
	}
	restore()
	if r, err := c.Keys.Rotation(t.Context(), "work"); err != nil || r.Old != first || r.New != second {
		t.Errorf("the journal is %s, %v", r.Old.AccessKeyID, err)
	}
	restore()
	if err := c.Keys.EndRotation(t.Context(), "work"); err != nil {
		t.Fatal(err)
	}
	restore()
	if _, err := c.Keys.Rotation(t.Context(), "work"); !errors.Is(err, keystore.ErrNotFound) {
		t.Errorf("the journal came back: %v", err)
	}
	kept.Key = aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPL3", SecretAccessKey: ststest.Marker}
	if _, err := c.Restore(t.Context(), "work", kept, true); !errors.Is(err, keystore.ErrChanged) {
		t.Errorf("a journal of other keys: %v", err)
	}
	c.has(t, "work", second)
}
