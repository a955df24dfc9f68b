package custody

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/helper/helpertest"
	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/keystore"
)

// moveVariable makes the test binary a process that moves all keys: from a kind
// of store to another, in a directory.
const moveVariable = "CUSTODY_TEST_MOVE"

// TestMain lets the test binary be a credential helper, and another process that
// moves keys.
func TestMain(m *testing.M) {
	helpertest.Main()
	if move := strings.Fields(os.Getenv(moveVariable)); len(move) == 3 {
		ctx := context.Background()
		if err := moveAll(ctx, move[2], keystore.Kind(move[0]), keystore.Kind(move[1])); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const helperKind keystore.Kind = "helper:test"

func moveOptions(dir string) keystore.Options {
	return keystore.Options{
		Dir: dir, WorkFactor: 1, Env: os.Getenv, Environ: os.Environ(),
		Passphrase: func(context.Context, bool) ([]byte, error) { return []byte("passphrase"), nil },
	}
}

func openStore(t *testing.T, dir string, kind keystore.Kind) *keystore.Store {
	t.Helper()
	s, err := keystore.Open(kind, moveOptions(dir))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// moveAll moves all keys, as the command does.
func moveAll(ctx context.Context, dir string, from, to keystore.Kind) error {
	o := moveOptions(dir)
	source, err := keystore.Open(from, o)
	if err != nil {
		return err
	}
	target, err := keystore.Open(to, o)
	if err != nil {
		return err
	}
	chosen, err := o.Chosen()
	if err != nil {
		return err
	}
	entries, err := source.List(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	_, err = Moving{
		From: source, To: target, Patience: time.Second, Switched: chosen.From != "",
		Switch:  func() error { return o.Choose(keystore.Choice{Kind: to, From: from}) },
		Waiting: func(*keystore.Store) func() { return func() {} },
	}.Move(ctx, names)
	return errors.Join(err, o.Choose(keystore.Choice{Kind: to}))
}

var unfinished = keystore.Rotation{Old: first, New: second, Before: []string{first.AccessKeyID}, Began: time.Unix(1767323045, 0).UTC()}

// fill stores a key whose rotation is not finished, and another one.
func fill(t *testing.T, s *keystore.Store) {
	t.Helper()
	if err := errors.Join(s.Put(t.Context(), "rotating", first), s.PutRotation(t.Context(), "rotating", unfinished), s.Put(t.Context(), "work", second)); err != nil {
		t.Fatal(err)
	}
}

// wantMoved checks that all that fill has stored is in one store and not in the
// other.
func wantMoved(t *testing.T, from, to *keystore.Store) {
	t.Helper()
	for name, key := range map[string]aws.Credentials{"rotating": first, "work": second} {
		if got, err := to.Get(t.Context(), name); err != nil || got != key {
			t.Errorf("%s in %s: %v", name, to, err)
		}
		if _, err := from.Get(t.Context(), name); !errors.Is(err, keystore.ErrNotFound) {
			t.Errorf("%s in %s: %v", name, from, err)
		}
	}
	r, err := to.Rotation(t.Context(), "rotating")
	if err != nil || r.Old != unfinished.Old || r.New != unfinished.New || !slices.Equal(r.Before, unfinished.Before) || !r.Began.Equal(unfinished.Began) {
		t.Errorf("the journal is not the same: %v", err)
	}
	if _, err := from.Rotation(t.Context(), "rotating"); !errors.Is(err, keystore.ErrNotFound) {
		t.Errorf("the journal is in %s: %v", from, err)
	}
	if entries, err := from.List(t.Context()); err != nil || len(entries) > 0 {
		t.Errorf("%s lists %v, %v", from, entries, err)
	}
}

// TestMoveKilled kills the move before and after calls of the credential helper:
// all of them with AWSEXEC_TEST_FULL=1. Each time all keys and the journal are in one store at least, and a
// second run finishes the move.
func TestMoveKilled(t *testing.T) {
	for _, way := range [][2]keystore.Kind{{keystore.KindFile, helperKind}, {helperKind, keystore.KindFile}} {
		from, to := way[0], way[1]
		t.Run(string(from)+" to "+string(to), func(t *testing.T) {
			points, step := 0, 11 // an odd number, so that both kinds of point are met
			if os.Getenv("AWSEXEC_TEST_FULL") == "1" {
				step = 1
			}
			for at, killed := 1, true; killed; at += step {
				environ := helpertest.Environ(t, "")
				dir := filepath.Join(t.TempDir(), "data")
				fill(t, openStore(t, dir, from))
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(environ, moveVariable+"="+string(from)+" "+string(to)+" "+dir, "HELPERTEST_SCRIPT=kill:"+strconv.Itoa(at))
				out, err := cmd.CombinedOutput()
				killed = err != nil && err.Error() == "signal: killed"
				if err != nil && !killed {
					t.Fatalf("point %d: %v\n%s", at, err, out)
				}
				source, target := openStore(t, dir, from), openStore(t, dir, to)
				for name, key := range map[string]aws.Credentials{"rotating": first, "work": second} {
					a, _ := source.Get(t.Context(), name)
					b, _ := target.Get(t.Context(), name)
					if a != key && b != key {
						t.Errorf("point %d: %s is lost", at, name)
					}
				}
				if err := moveAll(t.Context(), dir, from, to); err != nil {
					t.Errorf("point %d: second run: %v", at, err)
				}
				wantMoved(t, openStore(t, dir, from), openStore(t, dir, to))
				if chosen, err := moveOptions(dir).Chosen(); err != nil || chosen != (keystore.Choice{Kind: to}) {
					t.Errorf("point %d: chosen %v, %v", at, chosen, err)
				}
				if t.Failed() {
					return
				}
				points++
			}
			t.Logf("figure: %d points, 0 keys lost", points)
			if points < 4 {
				t.Errorf("killed at %d points", points)
			}
		})
	}
}

func TestMoveRefused(t *testing.T) {
	third := aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPL3", SecretAccessKey: ststest.Marker + "/3"}
	for _, row := range []struct {
		name    string
		there   func(t *testing.T, to *keystore.Store)
		replace bool
		names   []string
		want    func(error) bool
	}{
		{"another key", func(t *testing.T, to *keystore.Store) { put(t, to, "work", third) }, false, []string{"work", "rotating"}, func(err error) bool {
			other, ok := errors.AsType[*OtherKeyError](err)
			return ok && other.Name == "work" && other.KeyID == third.AccessKeyID
		}},
		{"another key that is being rotated", func(t *testing.T, to *keystore.Store) {
			put(t, to, "work", third)
			if err := to.PutRotation(t.Context(), "work", keystore.Rotation{Old: third}); err != nil {
				t.Fatal(err)
			}
		}, true, []string{"work", "rotating"}, func(err error) bool {
			return err != nil && strings.Contains(err.Error(), "its rotation is not finished")
		}},
		{"no key", func(*testing.T, *keystore.Store) {}, false, []string{"work", "none"}, func(err error) bool { return errors.Is(err, keystore.ErrNotFound) }},
		{"busy", func(t *testing.T, to *keystore.Store) {
			release, err := to.LockKey(t.Context(), "work")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(release)
		}, false, []string{"rotating", "work"}, func(err error) bool { return errors.Is(err, ErrBusy) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			helpertest.Environ(t, "")
			dir := filepath.Join(t.TempDir(), "data")
			from, to := openStore(t, dir, keystore.KindFile), openStore(t, dir, helperKind)
			fill(t, from)
			row.there(t, to)
			moved, err := Moving{
				From: from, To: to, Patience: 10 * time.Millisecond, Replace: row.replace,
				Switch:  func() error { t.Error("switched"); return nil },
				Waiting: func(*keystore.Store) func() { return func() {} },
			}.Move(t.Context(), row.names)
			if !row.want(err) || len(moved) > 0 {
				t.Errorf("%v, moved %q", err, moved)
			}
			if _, err := to.Get(t.Context(), "rotating"); !errors.Is(err, keystore.ErrNotFound) {
				t.Errorf("something was copied: %v", err)
			}
		})
	}
}

func put(t *testing.T, s *keystore.Store, name string, key aws.Credentials) {
	t.Helper()
	if err := s.Put(t.Context(), name, key); err != nil {
		t.Fatal(err)
	}
}
