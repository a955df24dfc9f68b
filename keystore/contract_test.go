package keystore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/keyitem"
)

// contract runs what every kind of store does. Each row gets its own store,
// empty, with nothing on disk yet but what made has put there.
func contract(t *testing.T, kind Kind, prepare func(t *testing.T), made ...func(t *testing.T, dir string)) {
	t.Helper()
	contractRows(t, nil, kind, prepare, made...)
}

// contractRows is contract for some of the rows, or for all if only is nil.
func contractRows(t *testing.T, only []string, kind Kind, prepare func(t *testing.T), made ...func(t *testing.T, dir string)) {
	rows := []struct {
		name string
		run  func(t *testing.T, c *contractStore)
	}{
		{"round trip", roundTrip},
		{"not found", notFound},
		{"overwrite", overwrite},
		{"delete", deletion},
		{"list", list},
		{"names", names},
		{"refused values", refusedValues},
		{"sizes", sizes},
		{"goroutines", goroutines},
		{"processes", processes},
		{"coming and going", comingAndGoing},
		{"sealing key", sealingKey},
		{"sealing key unreadable", sealingKeyUnreadable},
		{"foreign item", foreignItem},
		{"index lost", indexLost},
		{"index newer", indexNewer},
		{"index stale", indexStale},
		{"index interrupted", indexInterrupted},
		{"item gone", itemGone},
		{"rotation", rotation},
		{"rotation of another key", rotationOfAnother},
		{"TOTP secret", totpSecret},
		{"turns", keyTurns},
		{"copies", copies},
		{"retiring", retiring},
		{"nothing in plaintext", nothingInPlaintext},
	}
	for _, row := range rows {
		if only != nil && !slices.Contains(only, row.name) {
			continue
		}
		t.Run(row.name, func(t *testing.T) {
			prepare(t)
			c := &contractStore{kind: kind, dir: filepath.Join(t.TempDir(), "data")}
			for _, f := range made {
				f(t, c.dir)
			}
			c.Store = c.open(t)
			row.run(t, c)
		})
	}
}

type contractStore struct {
	*Store
	kind Kind
	dir  string
}

func (c *contractStore) open(t *testing.T) *Store {
	t.Helper()
	s, err := Open(c.kind, testOptions(c.dir))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func roundTrip(t *testing.T, c *contractStore) {
	mustPut(t, c.Store, "dev", testKey(1))
	wantKey(t, c.Store, "dev", testKey(1))
	wantKey(t, c.open(t), "dev", testKey(1))
	id, err := c.KeyID(t.Context(), "dev")
	if err != nil || id != testKey(1).AccessKeyID {
		t.Errorf("KeyID is %q, %v", id, err)
	}
	if c.Kind() != c.kind || c.String() == "" {
		t.Errorf("a store of kind %q named %q", c.Kind(), c)
	}
}

func notFound(t *testing.T, c *contractStore) {
	for _, name := range []string{"none", "", "a[b", "\xff", strings.Repeat("x", 200)} {
		_, getErr := c.Get(t.Context(), name)
		_, idErr := c.KeyID(t.Context(), name)
		for _, err := range []error{getErr, idErr, c.Delete(t.Context(), name)} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("name %q: %v", name, err)
			}
		}
	}
	wantNames(t, c.Store)
	mustPut(t, c.Store, "dev", testKey(1))
	if _, err := c.Get(t.Context(), "none"); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), `"none"`) {
		t.Error(err)
	}
}

func overwrite(t *testing.T, c *contractStore) {
	mustPut(t, c.Store, "dev", testKey(1))
	mustPut(t, c.open(t), "dev", testKey(2))
	wantKey(t, c.Store, "dev", testKey(2))
	if id, err := c.KeyID(t.Context(), "dev"); err != nil || id != testKey(2).AccessKeyID {
		t.Errorf("KeyID is %q, %v", id, err)
	}
	wantNames(t, c.Store, "dev")
}

func deletion(t *testing.T, c *contractStore) {
	mustPut(t, c.Store, "a", testKey(1))
	mustPut(t, c.Store, "b", testKey(2))
	if err := c.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(t.Context(), "a"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := c.Delete(t.Context(), "a"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	wantKey(t, c.Store, "b", testKey(2))
	wantNames(t, c.Store, "b")
}

func list(t *testing.T, c *contractStore) {
	wantNames(t, c.Store)
	for i, name := range []string{"b", "a", "C"} {
		mustPut(t, c.Store, name, testKey(i))
	}
	entries, err := c.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Entry{{Name: "C", AccessKeyID: testKey(2).AccessKeyID}, {Name: "a", AccessKeyID: testKey(1).AccessKeyID}, {Name: "b", AccessKeyID: testKey(0).AccessKeyID}} {
		got := entries[i]
		if got.Added.IsZero() {
			t.Error("no time")
		}
		got.Added = want.Added
		if got != want {
			t.Errorf("entry %d is %v, want %v", i, got, want)
		}
	}
}

func names(t *testing.T, c *contractStore) {
	all := []string{"default", "with space", "a/b", "a:b", "Größe", "日本語", "🔑", "a&b<c>|d*?!~^@{},.", "Dev", "dev", strings.Repeat("é", 64)}
	for i, name := range all {
		mustPut(t, c.Store, name, testKey(i))
	}
	other := c.open(t)
	for i, name := range all {
		wantKey(t, other, name, testKey(i))
	}
}

func refusedValues(t *testing.T, c *contractStore) {
	before, _ := os.ReadDir(c.dir) // there is none, or the file alone
	session := testKey(1)
	session.SessionToken = marker
	for name, creds := range map[string]aws.Credentials{
		"session":   session,
		"no secret": {AccessKeyID: testKey(1).AccessKeyID},
		"no id":     {SecretAccessKey: testKey(1).SecretAccessKey},
		"not text":  {AccessKeyID: testKey(1).AccessKeyID, SecretAccessKey: marker + "\xff"},
		"bad\nname": testKey(1),
	} {
		if err := c.Put(t.Context(), name, creds); err == nil || strings.Contains(err.Error(), marker) {
			t.Errorf("%q: %v", name, err)
		}
	}
	after, _ := os.ReadDir(c.dir)
	if len(after) != len(before) {
		t.Errorf("a refused value left something on disk: %v", after)
	}
}

func sizes(t *testing.T, c *contractStore) {
	empty, err := keyitem.EncodeKey(aws.Credentials{AccessKeyID: "A", SecretAccessKey: "s"})
	if err != nil {
		t.Fatal(err)
	}
	room := keyitem.MaxSize - len(empty) + 1
	full := aws.Credentials{AccessKeyID: "A", SecretAccessKey: marker + strings.Repeat("/", room-len(marker))}
	mustPut(t, c.Store, "full", full)
	wantKey(t, c.open(t), "full", full)
	full.SecretAccessKey += "/"
	if err := c.Put(t.Context(), "over", full); !errors.Is(err, ErrTooBig) {
		t.Error(err)
	}
}

func goroutines(t *testing.T, c *contractStore) {
	var wg sync.WaitGroup
	var want []string
	for i := range 8 {
		name := fmt.Sprintf("k%d", i)
		want = append(want, name)
		wg.Go(func() {
			s := c.Store
			if i%2 == 0 {
				s = c.open(t)
			}
			if err := errors.Join(
				s.Put(t.Context(), name, testKey(i)),
				s.Put(t.Context(), "shared", testKey(i)),
			); err != nil {
				t.Error(err)
			}
			wantKey(t, s, name, testKey(i))
		})
	}
	wg.Wait()
	wantNames(t, c.Store, append(want, "shared")...)
	got, err := c.Get(t.Context(), "shared")
	if err != nil {
		t.Fatal(err)
	}
	if id, err := c.KeyID(t.Context(), "shared"); err != nil || id != got.AccessKeyID {
		t.Errorf("the index says %q of %q, %v", id, got.AccessKeyID, err)
	}
}

func processes(t *testing.T, c *contractStore) {
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			_, err := child(t, c.kind, c.dir,
				fmt.Sprintf("put a%d", i), "put shared", fmt.Sprintf("put b%d", i), fmt.Sprintf("delete a%d", i))
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantNames(t, c.Store, "b0", "b1", "b2", "b3", "shared")
	for _, name := range []string{"b0", "b1", "b2", "b3", "shared"} {
		wantKey(t, c.Store, name, testKey(1))
	}
}

// comingAndGoing checks that a reader beside a writer finds the key or does
// not, and nothing else.
func comingAndGoing(t *testing.T, c *contractStore) {
	mustPut(t, c.Store, "dev", testKey(1))
	rounds := 20
	if _, isHelper := c.kind.Helper(); isHelper { // each starts a dozen processes
		rounds = 4
	}
	done := make(chan error, 1)
	go func() {
		_, err := child(t, c.kind, c.dir, slices.Repeat([]string{"delete dev", "put dev"}, rounds)...)
		done <- err
	}()
	reader := c.open(t)
	for {
		if got, err := reader.Get(t.Context(), "dev"); err == nil && got != testKey(1) || err != nil && !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v", err)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			wantNames(t, c.Store, "dev")
			return
		default:
		}
	}
}

func sealingKey(t *testing.T, c *contractStore) {
	var wg sync.WaitGroup
	got := make(chan string, 20)
	for i := range 20 {
		wg.Go(func() {
			if i < 4 {
				out, err := child(t, c.kind, c.dir, "seal")
				if err != nil {
					t.Error(err)
				}
				got <- strings.TrimSpace(out)
				return
			}
			key, err := c.open(t).SealingKey(t.Context())
			if err != nil {
				t.Error(err)
			}
			got <- fmt.Sprintf("%x", key)
		})
	}
	wg.Wait()
	close(got)
	first := <-got
	if first == strings.Repeat("0", 64) {
		t.Error("the key is zero")
	}
	for key := range got {
		if key != first {
			t.Fatal("two sealing keys")
		}
	}
	mustPut(t, c.Store, "dev", testKey(1))
	if err := c.Delete(t.Context(), "dev"); err != nil {
		t.Fatal(err)
	}
	if key, err := c.open(t).SealingKey(t.Context()); err != nil || fmt.Sprintf("%x", key) != first {
		t.Errorf("another sealing key later on: %v", err)
	}
	wantNames(t, c.Store)
}

func sealingKeyUnreadable(t *testing.T, c *contractStore) {
	mustPut(t, c.Store, "dev", testKey(1))
	if err := itemsOf(t, c.Store).Set(t.Context(), keyitem.Sealing, []byte("c2hvcnQ=")); err != nil {
		t.Fatal(err)
	}
	key, err := c.open(t).SealingKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.open(t).SealingKey(t.Context()); err != nil || again != key {
		t.Errorf("not stable: %v", err)
	}
}

func foreignItem(t *testing.T, c *contractStore) {
	mustPut(t, c.Store, "other", testKey(2))
	if err := itemsOf(t, c.Store).Set(t.Context(), keyitem.OfKey("dev"), []byte(marker)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(t.Context(), "dev"); !errors.Is(err, ErrCorrupt) || strings.Contains(err.Error(), marker) {
		t.Error(err)
	}
	mustPut(t, c.Store, "dev", testKey(1))
	wantKey(t, c.Store, "dev", testKey(1))
}
