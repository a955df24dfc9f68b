package migrate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/custody"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/rotate"
	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/keystore"
)

const self = "/opt/bin/awsexec"

func fakeKey(n int) aws.Credentials {
	return aws.Credentials{AccessKeyID: fmt.Sprintf("AKIAIOSFODNN7%07d", n), SecretAccessKey: fmt.Sprintf("%s/%027d", ststest.Marker, n)}
}

// inFile returns key as an AWS file has it.
func inFile(key aws.Credentials) string {
	return "aws_access_key_id = " + key.AccessKeyID + "\naws_secret_access_key = " + key.SecretAccessKey + "\n"
}

func processOf(name string) string { return self + " --profile " + name }

func commandOf(name string, foreign bool) string {
	if foreign {
		return processOf(name) + " --no-session"
	}
	return processOf(name)
}

func noEnv(string) string { return "" }

// world is a pair of AWS files on the disk, and a keystore in memory.
type world struct {
	t     *testing.T
	files profile.Files

	stored   map[string]aws.Credentials
	busy     map[string]bool // names and ids whose locks another process holds
	retiring map[string]bool // ids of keys that a rotation deletes
	remains  rotate.Remains  // of whatever is replaced
	ownerErr error
	onPut    func() // is called before a key is stored
	refused  string // path of a file that cannot be edited

	held  []string // locks, in their order
	calls []string
	told  []string // types of events, with their subject
}

func newWorld(t *testing.T, config, credentials string) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{
		t: t, files: profile.Files{Config: filepath.Join(dir, "config"), Credentials: filepath.Join(dir, "credentials")},
		stored: map[string]aws.Credentials{}, busy: map[string]bool{}, retiring: map[string]bool{}, onPut: func() {},
	}
	for path, text := range map[string]string{w.files.Config: config, w.files.Credentials: credentials} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// read returns what is in the two files.
func (w *world) read() (config, credentials string) {
	w.t.Helper()
	var texts [2]string
	for i, path := range []string{w.files.Config, w.files.Credentials} {
		data, err := os.ReadFile(path)
		if err != nil {
			w.t.Fatal(err)
		}
		texts[i] = string(data)
	}
	return texts[0], texts[1]
}

func (w *world) planner() *Planner {
	w.t.Helper()
	config, err := profile.ReadFiles(w.files)
	if err != nil {
		w.t.Fatal(err)
	}
	return &Planner{Config: config, Files: w.files, Self: self, Keys: w, Command: commandOf}
}

func (w *world) mover(p *Planner) *Mover {
	editor := awsfiles.NewEditor(w.t.TempDir(), func() func() { return func() {} })
	return &Mover{Planner: p, Custody: w, Editor: fakeEditor{editor, w}, Owner: w.owner, Tell: w.tell}
}

// move moves all keys that can be moved, and returns how many could not be.
func (w *world) move(p *Planner) int {
	w.t.Helper()
	chosen, _ := Choose(Find(p.Config, self, noEnv), nil)
	plans, _, refused := p.Plan(w.t.Context(), chosen)
	for _, err := range refused {
		w.tell(err)
	}
	failed, err := w.mover(p).Move(w.t.Context(), plans)
	if err != nil {
		w.t.Fatal(err)
	}
	return failed + len(refused)
}

func (w *world) tell(event Event) {
	switch e := event.(type) {
	case Verified:
		w.told = append(w.told, "verified "+e.KeyID)
	case Abandoned:
		w.told = append(w.told, fmt.Sprint("abandoned ", e.KeyIDs))
	case Moved:
		w.told = append(w.told, "moved "+e.Key.Profile)
	case error:
		w.told = append(w.told, e.Error())
	}
}

func (w *world) owner(context.Context, *profile.Profile, aws.Credentials) (awsapi.Identity, error) {
	w.calls = append(w.calls, "owner")
	return awsapi.Identity{}, w.ownerErr
}

func (w *world) Get(_ context.Context, name string) (aws.Credentials, error) {
	if key, ok := w.stored[name]; ok {
		return key, nil
	}
	return aws.Credentials{}, fmt.Errorf("key %q: %w", name, keystore.ErrNotFound)
}

func (w *world) KeyID(ctx context.Context, name string) (string, error) {
	key, err := w.Get(ctx, name)
	return key.AccessKeyID, err
}

func (w *world) LockKey(_ context.Context, name string) (func(), error) { return w.lock(name) }

func (w *world) LockKeyID(_ context.Context, id string) (func(), error) { return w.lock(id) }

func (w *world) lock(what string) (func(), error) {
	if w.busy[what] {
		return nil, fmt.Errorf("%s: %w", what, custody.ErrBusy)
	}
	w.held = append(w.held, what)
	return func() { w.calls = append(w.calls, "release "+what) }, nil
}

var errRetiring = errors.New("is about to be deleted")

func (w *world) CheckRetiring(_ context.Context, _, id string) error {
	if w.retiring[id] {
		return errRetiring
	}
	return nil
}

func (w *world) Put(_ context.Context, name string, key aws.Credentials, old string) (rotate.Remains, error) {
	w.onPut()
	w.calls = append(w.calls, strings.TrimSpace("put "+name+" "+old))
	w.stored[name] = key
	return w.remains, nil
}

// fakeEditor is an editor that refuses one file.
type fakeEditor struct {
	*awsfiles.Editor
	w *world
}

var errReadOnly = errors.New("read-only file system")

func (e fakeEditor) Edit(ctx context.Context, path string, edit awsfiles.EditFunc) (bool, error) {
	if path == e.w.refused {
		return false, errReadOnly
	}
	return e.Editor.Edit(ctx, path, edit)
}
