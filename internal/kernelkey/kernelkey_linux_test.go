package kernelkey

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"
)

const readVar = "KERNELKEY_TEST_READ"

// TestMain lets the test binary be another process of the same user.
func TestMain(m *testing.M) {
	if name := os.Getenv(readVar); name != "" {
		key, _, err := Get(name)
		if err != nil {
			os.Stdout.WriteString(err.Error())
			os.Exit(1)
		}
		os.Stdout.WriteString(hex.EncodeToString(key))
		os.Exit(0)
	}
	if what := os.Getenv(stealVar); what != "" {
		steal(what)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// newName returns a name that nobody else uses. It skips the test on a kernel that
// holds no keys.
func newName(t *testing.T) string {
	t.Helper()
	name := "test-" + rand.Text()
	if err := Put(name, nil, time.Minute); errors.Is(err, ErrUnavailable) {
		if os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := Drop(name); err != nil {
			t.Error(err)
		}
	})
	return name
}

func TestHeld(t *testing.T) {
	name := newName(t)
	want := []byte{1, 2, 3, 31: 9}
	before := time.Now()
	if err := Put(name, want, time.Hour); err != nil {
		t.Fatal(err)
	}
	got, expires, err := Get(name)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got %x, %v; want %x", got, err, want)
	}
	if life := expires.Sub(before); life < time.Hour-2*time.Second || life > time.Hour+2*time.Second {
		t.Errorf("expires in %v, want an hour", life)
	}

	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), readVar+"="+name)
	out, err := other.Output()
	if err != nil || string(out) != hex.EncodeToString(want) {
		t.Errorf("another process got %s, %v", out, err)
	}

	if err := Drop(name); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Get(name); !errors.Is(err, ErrAbsent) {
		t.Errorf("after Drop: %v, want ErrAbsent", err)
	}
	if err := Drop(name); err != nil {
		t.Errorf("dropped twice: %v", err)
	}
}

func TestExpires(t *testing.T) {
	name := newName(t)
	if err := Put(name, []byte{7}, time.Second); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) { // no event reports it
		_, _, err := Get(name)
		if errors.Is(err, ErrAbsent) {
			return
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("after its life: %v, want ErrAbsent", err)
		}
	}
}

func TestLifeTooShort(t *testing.T) {
	if err := Put("test-short", nil, time.Second-1); err == nil {
		t.Error("no error for a key that would never expire")
	}
}

func TestSealing(t *testing.T) {
	name := newName(t)
	want := Sealing{Key: [32]byte{1, 31: 2}, Index: [32]byte{3, 31: 4}}
	if err := PutSealing(name, want, time.Minute); err != nil {
		t.Fatal(err)
	}
	if got, _, err := GetSealing(name); err != nil || got != want {
		t.Errorf("got another one: %v", err)
	}
	for _, size := range []int{0, 32, 63, 65, MaxSecret} {
		if err := Put(name, make([]byte, size), time.Minute); err != nil {
			t.Fatal(err)
		}
		if _, _, err := GetSealing(name); !errors.Is(err, ErrAbsent) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if err := Put(name, make([]byte, MaxSecret+1), time.Minute); err == nil {
		t.Error("a secret that is too long was taken")
	}
}
