package tpmkey

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-tpm/tpm2"

	"github.com/awsexec/awsexec/internal/agetest"
	"github.com/awsexec/awsexec/internal/backend"
)

func mustCreate(t *testing.T, path string, pin string) Key {
	t.Helper()
	key, err := Create(t.Context(), path, []byte(pin))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// agrees fails unless the TPM and a key in memory agree on a secret.
func agrees(t *testing.T, path string, key Key, pin string) {
	t.Helper()
	public, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	peer, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	want, err := peer.ECDH(public)
	if err != nil {
		t.Fatal(err)
	}
	got, err := key.ECDH(t.Context(), path, []byte(pin), peer.PublicKey())
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the TPM computes another secret: %v", err)
	}
}

func TestKey(t *testing.T) {
	tpm := agetest.StartTPM(t)
	key := mustCreate(t, tpm, "")
	agrees(t, tpm, key, "")
	agrees(t, tpm, key, "") // nothing is left in the TPM, which has room for three
	agrees(t, tpm, mustCreate(t, tpm, ""), "")
	if key.PIN {
		t.Error("the key has a PIN")
	}
	withPIN := mustCreate(t, tpm, "1234")
	agrees(t, tpm, withPIN, "1234")
	if !withPIN.PIN {
		t.Error("the key has no PIN")
	}

	peer, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wrong := func(pin string) error {
		_, err := withPIN.ECDH(t.Context(), tpm, []byte(pin), peer.PublicKey())
		return err
	}
	if err := wrong("4321"); !errors.Is(err, ErrWrongPIN) || !errors.Is(err, backend.ErrLocked) {
		t.Errorf("a wrong PIN: %v", err)
	}
	if err := wrong(""); !errors.Is(err, ErrWrongPIN) {
		t.Errorf("no PIN: %v", err)
	}
	agrees(t, tpm, withPIN, "1234")
	var last error
	for range 100 {
		if last = wrong("0"); !errors.Is(last, ErrWrongPIN) {
			break
		}
	}
	if !errors.Is(last, ErrLockout) {
		t.Errorf("after many wrong PINs: %v", last)
	}
	if err := wrong("1234"); !errors.Is(err, ErrLockout) {
		t.Errorf("the right PIN then: %v", err)
	}
	agrees(t, tpm, key, "") // which has none

	clearTPM(t, tpm)
	if _, err := key.ECDH(t.Context(), tpm, nil, peer.PublicKey()); !errors.Is(err, ErrForeign) || !errors.Is(err, backend.ErrLocked) {
		t.Errorf("after the TPM was cleared: %v", err)
	}
}

// clearTPM makes the TPM forget its owner, as the setup of the firmware does.
func clearTPM(t *testing.T, path string) {
	t.Helper()
	conn, err := open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	lockout := tpm2.AuthHandle{Handle: tpm2.TPMRHPlatform, Auth: tpm2.PasswordAuth(nil)}
	if _, err := (tpm2.Clear{AuthHandle: lockout}).Execute(conn); err != nil {
		t.Fatal(err)
	}
}

func TestNoTPM(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "none"), "/dev/null", file} {
		if _, err := Create(t.Context(), path, nil); !errors.Is(err, backend.ErrUnavailable) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if text, err := os.ReadFile(file); string(text) != "text" {
		t.Errorf("the file holds %q: %v", text, err)
	}
	if _, err := Create(t.Context(), filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, ErrMissing) {
		t.Error(err)
	}
}

// A TPM that does not answer, or with something else, is an error in time.
func TestBadTPM(t *testing.T) {
	for name, response := range map[string][]byte{"silent": nil, "garbage": []byte("HTTP/1.1 400 Bad Request\r\n")} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "tpm")
			l, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					if response != nil {
						_, _ = conn.Write(response)
					}
					go func() { _, _ = io.Copy(io.Discard, conn) }()
				}
			}()
			ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, os.ErrDeadlineExceeded)
			defer cancel()
			_, err = Create(ctx, path, nil)
			if name == "silent" && !errors.Is(err, ErrSilent) || !errors.Is(err, backend.ErrUnavailable) {
				t.Error(err)
			}
		})
	}
}
