package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/keyringtest"
	"github.com/awsexec/awsexec/internal/ststest"
)

const (
	passphrase    = ststest.Marker + " of the file"
	loginPassword = "login password"
	region        = "eu-west-1"
)

// user is an IAM user in a separate account, which identifies the user's
// sessions.
type user struct {
	account, arn string
	keyID        string // the key that add stores: active at AWS at the start of a round
}

// world is a home directory, AWS and a keyring.
type world struct {
	options
	report  *report
	dir     string
	awsexec string
	env     map[string]string
	aws     *ststest.Server
	keyring *keyring // nil without a keyring
	began   time.Time

	users     map[string][]*user             // by store
	histories map[string]map[string]*history // by store and name
	secrets   map[string]string              // the secrets of long-term keys, by ID; changed only between rounds
	owners    map[string]string              // the accounts of long-term keys, by ID; changed only between rounds
	plaintext map[string]string              // the IDs of the keys in the credentials file at the start of a round, by name
	kept      []kept                         // copies of files, oldest first
	writing   sync.RWMutex                   // held for reading by calls that change keystores, and for writing by a restore

	mu     sync.Mutex
	minted map[string]string // the accounts of sessions, by access key ID
	log    []record          // the calls of this round
}

// newWorld creates a world. The caller must close it, even after an error.
func newWorld(ctx context.Context, o options, r *report) (*world, error) {
	w := &world{
		options: o, report: r, began: time.Now(), users: map[string][]*user{}, histories: map[string]map[string]*history{},
		secrets: map[string]string{}, owners: map[string]string{}, minted: map[string]string{},
	}
	var err error
	if w.dir, err = os.MkdirTemp("", "awsexec-chaos"); err != nil {
		return w, err
	}
	for _, sub := range []string{"tmp", "run", ".aws", "bin"} {
		if err := os.Mkdir(filepath.Join(w.dir, sub), 0o700); err != nil {
			return w, err
		}
	}
	w.awsexec = filepath.Join(w.dir, "bin", "awsexec")
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-tags", "awsexec_cheap", "-o",
		w.awsexec, "github.com/awsexec/awsexec/cmd/awsexec")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return w, fmt.Errorf("build awsexec: %w\n%s", err, out)
	}
	if w.aws, err = ststest.Start(ststest.Config{Minted: w.noteMinted}); err != nil {
		return w, err
	}
	w.env = map[string]string{
		"HOME": w.dir, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb",
		"TMPDIR":                      w.path("tmp"),
		"XDG_CONFIG_HOME":             w.path("config"),
		"XDG_DATA_HOME":               w.path("data"),
		"XDG_CACHE_HOME":              w.path("cache"),
		"XDG_RUNTIME_DIR":             w.path("run"),
		"AWS_CONFIG_FILE":             w.path(".aws", "config"),
		"AWS_SHARED_CREDENTIALS_FILE": w.path(".aws", "credentials"),
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_ENDPOINT_URL_STS":        w.aws.URL(),
		"AWS_ENDPOINT_URL_IAM":        w.aws.URL(),
		"AWSEXEC_PASSPHRASE":          passphrase,
		"AWSEXEC_HOLD":                "1m",
		"AWSEXEC_NO_PROMPT":           "1",
	}
	if o.keyring {
		w.keyring, err = startKeyring(w)
		if errors.Is(err, keyringtest.ErrMissing) {
			r.noKeyring = err.Error()
			w.options.keyring = false
		} else if err != nil {
			return w, err
		}
	}
	return w, w.populate()
}

// populate creates the users, the AWS config, and a first key in each store.
func (w *world) populate() error {
	var config strings.Builder
	for i, name := range names {
		fmt.Fprintf(&config, "# %d\n[profile %s]\nregion = %s\n", i, name, region)
		if i%2 == 0 { // for the other profiles, import adds it
			fmt.Fprintf(&config, "credential_process = %s --profile %s\n", w.awsexec, name)
		}
	}
	if err := os.WriteFile(w.path(".aws", "config"), []byte(config.String()), 0o600); err != nil {
		return err
	}
	for n, store := range w.stores() {
		w.histories[store] = map[string]*history{}
		for _, name := range names {
			w.histories[store][name] = &history{}
			w.histories[store][name].settle(none, time.Now())
		}
		for i := range usersPerStore {
			u := ststest.User{Account: fmt.Sprintf("%d000000000%02d", n+1, i),
				Name: fmt.Sprintf("%s%d", store, i)}
			if err := w.aws.AddUser(u); err != nil {
				return err
			}
			added := &user{account: u.Account, arn: u.ARN()}
			if err := w.newKey(added); err != nil {
				return err
			}
			w.users[store] = append(w.users[store], added)
		}
	}
	return nil
}

// newKey creates one more key for u at AWS, for add to store.
func (w *world) newKey(u *user) error {
	n := len(w.secrets)
	u.keyID = fmt.Sprintf("AKIACHAOS%011d", n)
	secret := fmt.Sprintf("%s/chaos/%021d", ststest.Marker, n)
	w.secrets[u.keyID], w.owners[u.keyID] = secret, u.account
	return w.aws.AddKey(u.arn, u.keyID, secret)
}

func (w *world) stores() []string {
	if w.options.keyring {
		return []string{inFile, inKeyring}
	}
	return []string{inFile}
}

func (w *world) eachUser(do func(u *user) error) error {
	for _, store := range w.stores() {
		for _, u := range w.users[store] {
			if err := do(u); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) noteMinted(c aws.Credentials) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.minted[c.AccessKeyID] = c.AccountID
}

// accountOf returns the account of a key or a session, or "" if it is unknown.
func (w *world) accountOf(keyID string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if account := w.minted[keyID]; account != "" {
		return account
	}
	return w.owners[keyID]
}

func (w *world) path(elem ...string) string {
	return filepath.Join(append([]string{w.dir}, elem...)...)
}

// environ returns the environment of a call: the world's, changed by extra.
// "NAME" without a value removes a variable.
func (w *world) environ(extra ...string) []string {
	env := maps.Clone(w.env)
	for _, kv := range extra {
		if name, value, ok := strings.Cut(kv, "="); ok {
			env[name] = value
		} else {
			delete(env, name)
		}
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

func (w *world) close() {
	if w.keyring != nil {
		w.keyring.close()
	}
	if w.aws != nil {
		w.aws.Close()
	}
	if w.awsexec != "" {
		w.quiet(nil, inFile, "lock") // leaves nothing in the kernel
	}
	if w.dir != "" {
		os.RemoveAll(w.dir)
	}
}
