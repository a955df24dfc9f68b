package agekeys

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"
	"golang.org/x/crypto/ssh"

	"github.com/awsexec/awsexec/internal/agetest"
	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/term"
)

const marker = "S3CR3TMARKER"

func TestMain(m *testing.M) {
	agetest.Main()
	os.Exit(m.Run())
}

// sshKey returns a private key of SSH, encrypted if passphrase is not "", and its
// public key in one line.
func sshKey(t *testing.T, key any, passphrase string) (private []byte, public string) {
	t.Helper()
	var block *pem.Block
	var err error
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(key, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block), string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
}

func edKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func mustParse(t *testing.T, recipient string, identity []byte) (Recipient, []Identity) {
	t.Helper()
	r, err := ParseRecipient(recipient)
	if err != nil {
		t.Fatal(err)
	}
	is, err := ParseIdentities(identity, "the key")
	clear(identity) // as callers do
	if err != nil {
		t.Fatal(err)
	}
	return r, is
}

// answering returns a host that runs the plugins in dir, and gives these answers
// in turn.
func answering(t *testing.T, dir string, answers ...string) (Host, *strings.Builder) {
	var shown strings.Builder
	return Host{
		Ask: func(_ context.Context, question string, secret bool) (string, error) {
			shown.WriteString("? " + question + "\n")
			if len(answers) == 0 {
				return "", errNobody
			}
			answer := answers[0]
			answers = answers[1:]
			return answer, nil
		},
		Run: func(ctx context.Context, name string, args []string, talk func(Conversation) error) error {
			path, err := exec.LookPath(filepath.Join(dir, name))
			if err != nil {
				return &exec.Error{Name: name, Err: exec.ErrNotFound}
			}
			return term.Converse(ctx, path, args, []string{"GORACE=atexit_sleep_ms=0"}, io.Discard, func(to io.Writer, from io.Reader) error {
				return talk(Conversation{to, from, func(m string) { shown.WriteString(m + "\n") }})
			})
		},
	}, &shown
}

// showing returns run with a function that is called when a message was shown.
func showing(run func(context.Context, string, []string, func(Conversation) error) error, then func()) func(context.Context, string, []string, func(Conversation) error) error {
	return func(ctx context.Context, name string, args []string, talk func(Conversation) error) error {
		return run(ctx, name, args, func(c Conversation) error {
			show := c.Show
			c.Show = func(message string) { show(message); then() }
			return talk(c)
		})
	}
}

var errTooLong = errors.New("too long")

var errNobody = errors.New("nobody is there")

func TestKinds(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	native, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		kind      Kind
		recipient string
		identity  []byte
		asks      int
	}
	rows := []row{
		{X25519, native.Recipient().String(), []byte("# created: today\n" + native.String() + "\n"), 0},
		{PostQuantum, hybrid.Recipient().String(), []byte(hybrid.String()), 0},
	}
	for _, passphrase := range []string{"", marker} {
		private, public := sshKey(t, edKey(t), passphrase)
		rows = append(rows, row{SSH, strings.TrimSpace(public) + " me@here", private, min(len(passphrase), 1)})
	}
	private, public := sshKey(t, rsaKey, "")
	rows = append(rows, row{SSH, public, private, 0})
	for _, row := range rows {
		r, is := mustParse(t, row.recipient, row.identity)
		if r.Kind != row.kind || is[0].Kind != row.kind || is[0].Recipient.Text != r.Text {
			t.Errorf("%s: read as %s, its identity as %s of %s", row.recipient, r.Kind, is[0].Kind, is[0].Recipient)
		}
		host, shown := answering(t, "", marker)
		if is[0].NeedsPerson() != (row.asks > 0) {
			t.Errorf("%s: needs a person: %v", row.kind, is[0].NeedsPerson())
		}
		sealed, err := Encrypt(t.Context(), host, []byte(marker), []Recipient{r})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // a passphrase is asked for once
			plain, err := Decrypt(t.Context(), host, sealed, is)
			if err != nil || string(plain) != marker {
				t.Errorf("%s: %v", row.kind, err)
			}
		}
		if n := strings.Count(shown.String(), "?"); n != row.asks || is[0].NeedsPerson() {
			t.Errorf("%s: asked %d times, and needs a person afterwards: %v", row.kind, n, is[0].NeedsPerson())
		}
	}
}

// TestEncryptedIdentity opens a file with an identity that age has encrypted with a
// passphrase.
func TestEncryptedIdentity(t *testing.T) {
	t.Parallel()
	native, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	scrypt, err := age.NewScryptRecipient(marker)
	if err != nil {
		t.Fatal(err)
	}
	scrypt.SetWorkFactor(2)
	seal := func(text string, to age.Recipient) []byte {
		sealed, err := Seal([]byte(text), to)
		if err != nil {
			t.Fatal(err)
		}
		return sealed
	}
	var armored bytes.Buffer
	w := armor.NewWriter(&armored)
	if _, err := w.Write(seal("# mine\n"+native.String()+"\n", scrypt)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"binary": seal(native.String(), scrypt), "armored": armored.Bytes()} {
		r, is := mustParse(t, native.Recipient().String(), bytes.Clone(data))
		host, shown := answering(t, "", "", "no", marker)
		sealed, err := Encrypt(t.Context(), host, []byte("x"), []Recipient{r})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := Decrypt(t.Context(), host, sealed, is); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := strings.Count(shown.String(), "?"); n != 3 || is[0].NeedsPerson() {
			t.Errorf("%s: asked %d times", name, n)
		}
		_, is = mustParse(t, native.Recipient().String(), bytes.Clone(data))
		host, _ = answering(t, "", "a", "b", "c")
		if _, err := Decrypt(t.Context(), host, sealed, is); !errors.Is(err, backend.ErrWrongPassphrase) {
			t.Errorf("%s: three wrong ones: %v", name, err)
		}
	}
	for name, data := range map[string][]byte{
		"to others": seal(native.String(), native.Recipient()), "cut": armored.Bytes()[:60], "cut header": []byte("age-encryption.org/v1\n"),
	} {
		if _, err := ParseIdentities(data, "x"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	_, is := mustParse(t, native.Recipient().String(), seal(string(seal(native.String(), scrypt)), scrypt))
	host, _ := answering(t, "", marker)
	if _, err := Decrypt(t.Context(), host, seal("x", native.Recipient()), is); !errors.Is(err, backend.ErrLocked) {
		t.Errorf("encrypted twice: %v", err)
	}
}

// TestKeyWithError checks that a key that comes with an error is not used.
func TestKeyWithError(t *testing.T) {
	t.Parallel()
	native, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := Seal([]byte("x"), native.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	bad := unwrapper(func(stanzas []*age.Stanza) ([]byte, error) {
		key, err := native.Unwrap(stanzas)
		return key, errors.Join(err, ErrGarbage)
	})
	if _, err := Open(sealed, bad); !errors.Is(err, ErrGarbage) {
		t.Errorf("got %v", err)
	}
}

func TestWrongPassphrase(t *testing.T) {
	t.Parallel()
	private, public := sshKey(t, edKey(t), marker)
	copied := bytes.Clone(private)
	r, is := mustParse(t, public, private)
	host, shown := answering(t, "", "no", "no", marker)
	sealed, err := Encrypt(t.Context(), host, []byte("x"), []Recipient{r})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decrypt(t.Context(), host, sealed, is); err != nil {
		t.Errorf("the third try: %v", err)
	}
	if !strings.Contains(shown.String(), "? wrong passphrase; passphrase of the key: ") {
		t.Errorf("asked:\n%s", shown)
	}
	_, is = mustParse(t, public, bytes.Clone(copied))
	host, _ = answering(t, "", "no", "no", "no", marker)
	if _, err := Decrypt(t.Context(), host, sealed, is); !errors.Is(err, backend.ErrWrongPassphrase) {
		t.Errorf("three wrong ones: %v", err)
	}
	host, _ = answering(t, "")
	if _, err := Decrypt(t.Context(), host, sealed, is); !errors.Is(err, errNobody) || !errors.Is(err, backend.ErrLocked) {
		t.Errorf("nobody there: %v", err)
	}
	// No passphrase is asked for in vain.
	private, public = sshKey(t, edKey(t), "")
	other, _ := mustParse(t, public, private)
	sealed, err = Encrypt(t.Context(), host, []byte("x"), []Recipient{other})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decrypt(t.Context(), host, sealed, is); !errors.Is(err, ErrNoMatch) {
		t.Errorf("a file for another key: %v", err)
	}
}

// What cannot be read is an error that quotes none of it: people mix up the two
// halves of a key.
func TestUnreadable(t *testing.T) {
	native, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	private, public := sshKey(t, edKey(t), "")
	for _, text := range []string{"", "AGE-SECRET-KEY-1" + marker, native.String(), string(private), "age1" + marker, "ssh-ed25519 AAAA" + marker, "sk-ssh-ed25519@openssh.com AAAA", marker} {
		if r, err := ParseRecipient(text); err == nil || strings.Contains(err.Error(), marker) || r.Text != "" {
			t.Errorf("recipient %q: %v", text, err)
		}
	}
	for _, text := range []string{"", "# only\n", native.Recipient().String(), public, "AGE-SECRET-KEY-1" + marker, "AGE-PLUGIN-" + marker, marker + "\xff", "-----BEGIN OPENSSH PRIVATE KEY-----\n" + marker, "-----BEGIN AGE ENCRYPTED FILE-----\n"} {
		if _, err := ParseIdentities([]byte(text), "f"); err == nil || strings.Contains(err.Error(), marker) {
			t.Errorf("identity %q: %v", text, err)
		}
	}
}

func TestPlugins(t *testing.T) {
	dir := agetest.Install(t)
	for _, row := range []struct {
		name    string
		answers []string
		want    error
		says    string // the error
		shows   string
	}{
		{name: "testpin", answers: []string{agetest.PIN}, shows: "? testpin: PIN of the key: "},
		{name: "testpin", answers: []string{"0"}, want: backend.ErrLocked, says: "age-plugin-testpin: locked: wrong PIN, 2 tries left"},
		{name: "testpin", want: errNobody, says: "age-plugin-testpin: locked: nobody is there"},
		{name: "testtouch", shows: "testtouch: touch the key\n"},
		{name: "testconfirm", answers: []string{"Go ahead"}, shows: "? testconfirm: may I [go ahead/never] "},
		{name: "testconfirm", answers: []string{"never"}, want: backend.ErrLocked, says: "age-plugin-testconfirm: locked: you did not allow it"},
		{name: "testrefuse", want: backend.ErrLocked, says: "age-plugin-testrefuse: locked: the key is not plugged in"},
		{name: "testuntouched", want: ErrUntouched, says: "age-plugin-testuntouched: locked: it waited for you in vain: too long"},
		{name: "testhang", want: ErrSilent, says: "age-plugin-testhang: not available: no answer in time: too long"},
		{name: "testgarbage", want: ErrGarbage, says: "age-plugin-testgarbage: not available: it does not speak the protocol of age plugins"},
		{name: "testflood", want: backend.ErrUnavailable, says: "age-plugin-testflood: not available: it has more than 50 messages and questions"},
		{name: "missing", want: ErrNoPlugin, says: "age-plugin-missing: not available: it is not installed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			recipient, identity := agetest.New(t, row.name)
			r, is := mustParse(t, recipient, []byte(identity))
			host, shown := answering(t, dir, row.answers...)
			sealed, err := Encrypt(t.Context(), host, []byte(marker), []Recipient{r})
			if row.name == "missing" { // it cannot encrypt either
				if !errors.Is(err, ErrNoPlugin) {
					t.Errorf("encrypt: %v", err)
				}
				_, other, _ := NewIdentity(nil)
				sealed, err = Encrypt(t.Context(), host, nil, []Recipient{other})
			}
			if err != nil {
				t.Fatal(err)
			}
			ctx, end := context.WithCancelCause(t.Context())
			defer end(nil)
			switch row.want {
			case ErrSilent:
				defer time.AfterFunc(200*time.Millisecond, func() { end(errTooLong) }).Stop()
			case ErrUntouched:
				host.Run = showing(host.Run, func() { end(errTooLong) })
			}
			plain, err := Decrypt(ctx, host, sealed, is)
			if row.want == nil && (err != nil || string(plain) != marker) {
				t.Fatal(err)
			}
			if row.want != nil && (!errors.Is(err, row.want) || row.says != "" && err.Error() != row.says) {
				t.Errorf("%v, want %s", err, row.says)
			}
			if shown.String() != "" && row.shows != "" && strings.TrimRight(shown.String(), "\n") != strings.TrimRight(row.shows, "\n") {
				t.Errorf("shown:\n%s", shown)
			}
		})
	}
}

// Two kinds of identity can open the same file, and damage is noticed as such.
func TestRecovery(t *testing.T) {
	dir := agetest.Install(t)
	recipient, identity := agetest.New(t, "testpin")
	r, withPlugin := mustParse(t, recipient, []byte(identity))
	secret, recovery, err := NewIdentity([]Recipient{r})
	if err != nil {
		t.Fatal(err)
	}
	_, onPaper := mustParse(t, recovery.Text, []byte(secret))
	host, shown := answering(t, dir, agetest.PIN)
	sealed, err := Encrypt(t.Context(), host, []byte("content"), []Recipient{r, recovery})
	if err != nil {
		t.Fatal(err)
	}
	if types, err := Stanzas(sealed); err != nil || len(types) != 2 || types[1] != "X25519" {
		t.Errorf("stanzas %q, %v", types, err)
	}
	for _, is := range [][]Identity{append(withPlugin, onPaper...), onPaper} {
		if plain, err := Decrypt(t.Context(), host, sealed, is); err != nil || string(plain) != "content" || shown.Len() > 0 {
			t.Errorf("%v, shown: %s", err, shown)
		}
	}
	for n := range sealed {
		damaged := bytes.Clone(sealed)
		damaged[n] ^= 1
		if _, err := Decrypt(t.Context(), host, damaged, onPaper); !errors.Is(err, backend.ErrCorrupt) && !errors.Is(err, ErrNoMatch) {
			t.Errorf("byte %d: %v", n, err)
		}
	}
}

// FuzzStanza checks that a stanza is read as it was written, and that nothing a
// plugin writes does worse than fail.
func FuzzStanza(f *testing.F) {
	f.Add([]byte("-> msg\ndGVzdA\n"), []byte("body"))
	f.Add([]byte("-> confirm eWVz bm8\n\n"), bytes.Repeat([]byte{7}, 48))
	f.Fuzz(func(t *testing.T, written, body []byte) {
		if s, err := newStanzaReader(bytes.NewReader(written)).read(); err == nil && s.Type == "" {
			t.Error("a stanza without a type")
		}
		var text bytes.Buffer
		if err := (stanza{Type: "msg", Args: []string{"a"}, Body: body}).write(&text); err != nil {
			t.Fatal(err)
		}
		s, err := newStanzaReader(&text).read()
		if err != nil || s.Type != "msg" || len(s.Args) != 1 || !bytes.Equal(s.Body, body) {
			t.Errorf("%q is read as %v, %v", body, s, err)
		}
	})
}
