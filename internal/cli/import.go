package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsfiles"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/rogpeppe/go-internal/diff"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/readfile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// importCmd moves long-term keys out of the AWS files into the keystore.
type importCmd struct {
	Names    []string `arg:"" optional:"" name:"name" help:"Profiles whose keys to move; without any, all that can be moved."`
	DryRun   bool     `help:"Show what would be done, and do nothing."`
	Yes      bool     `short:"y" help:"Do not ask."`
	NoVerify bool     `help:"Do not ask AWS whose keys these are."`
	Force    bool     `help:"Replace other keys that are in the keystore under these names."`
}

// Run shows the keys and what will become of the files, asks, and moves one key after the other. One that cannot be moved keeps none of
// the others from it.
func (c *importCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, adv *advisor, timing timing) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	config, err := sess.Config()
	if err != nil {
		return err
	}
	all := clearKeys(settings, config)
	chosen, err := c.choose(ctx, settings, sess, out, all)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		out.note("there are no access keys in %s and %s", settings.Files.Credentials, settings.Files.Config)
	}
	if len(all) == 0 || len(c.Names) > 0 && len(chosen) == 0 {
		return nil
	}
	if err := printClearKeys(out, all); err != nil {
		return err
	}

	edited := &editor{settings: settings, out: out}
	failed := 0
	fail := func(k clearKey, err error) {
		failed++
		err = importError{k.name, err}
		out.fail(err, hintFor(err, adv, k.name))
	}
	var plans []movePlan
	files := fileContents{}
	for _, k := range chosen {
		if p, err := c.plan(ctx, settings, sess, k, files); err != nil {
			fail(k, err)
		} else {
			plans = append(plans, p)
		}
	}
	if err := files.show(settings, out); err != nil {
		return err
	}
	switch {
	case len(plans) == 0 && failed == 0:
		out.note("there is nothing to move")
	case len(plans) == 0 || c.DryRun:
		out.note("nothing was changed")
	default:
		if err := c.confirm(ctx, sess, len(plans)); err != nil {
			return err
		}
		ready, release, err := c.lock(ctx, sess, timing, plans, fail)
		if err != nil {
			return err
		}
		defer release()
		links := hardLinks(settings.Files)
		var moved []clearKey
		for _, p := range ready {
			if err := c.move(ctx, sess, out, edited, p); err != nil {
				fail(p.key, err)
			} else {
				moved = append(moved, p.key)
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
		}
		warnOfCopies(out, settings.Files, edited.backedUp, moved, links)
	}
	for _, path := range edited.backedUp {
		out.note("%s as it was, without the secrets, is %s", path, path+awsfiles.BackupSuffix)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d keys cannot be moved", failed, len(chosen))
	}
	return nil
}

// clearKey is the access key of a profile in the AWS files, or in one that is none.
type clearKey struct {
	name   string
	at     []profile.ClearKey // one for each file that has it
	notOne string             // why it is no long-term key of AWS in a profile; "" if it is one
	err    error              // why such a key cannot be moved all the same
}

// credentials are the long-term key.
func (k *clearKey) credentials() aws.Credentials {
	c := k.at[0].Credentials
	return aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey}
}

// places are where in the files the key is.
func (k *clearKey) places() string {
	var places []string
	for _, at := range k.at {
		places = append(places, at.Pos.String())
	}
	return strings.Join(places, ", ")
}

// clearKeys finds the access keys in the AWS files, by profile.
func clearKeys(settings *session.Settings, config *profile.Config) []clearKey {
	var keys []clearKey
	for _, at := range config.ClearKeys() {
		same := func(k clearKey) bool { return k.name == at.Profile && !k.at[0].NoProfile }
		if i := slices.IndexFunc(keys, same); i >= 0 && !at.NoProfile {
			keys[i].at = append(keys[i].at, at)
		} else {
			keys = append(keys, clearKey{name: at.Profile, at: []profile.ClearKey{at}})
		}
	}
	for i := range keys {
		k := &keys[i]
		if k.notOne = notLongTerm(k.at); k.notOne == "" {
			k.err = unmovable(settings, config, k)
		}
	}
	return keys
}

// notLongTerm says why there is no long-term key of AWS among those of one profile, or "".
func notLongTerm(at []profile.ClearKey) string {
	for _, k := range at {
		switch c := k.Credentials; {
		case k.NoProfile:
			return k.Obstacle
		case c.SessionToken != "" || strings.HasPrefix(c.AccessKeyID, "ASIA"):
			return "a session, which ends by itself; the tool that made it puts it there"
		case c.AccessKeyID != "" && checkKeyID(c.AccessKeyID) != nil:
			return "not the key of an IAM user: its id does not look like AKIA…"
		}
	}
	return ""
}

// unmovable says why a long-term key has to stay where it is.
func unmovable(given *session.Settings, config *profile.Config, k *clearKey) error {
	key := k.credentials()
	for _, at := range k.at {
		switch {
		case at.Obstacle != "":
			return fmt.Errorf("%s: %s", at.Pos, at.Obstacle)
		case at.Credentials.AccessKeyID != key.AccessKeyID || at.Credentials.SecretAccessKey != key.SecretAccessKey:
			return fmt.Errorf("%s: another key than at %s: delete the one that is not used", at.Pos, k.at[0].Pos)
		}
		if err := checkKey(key); err != nil {
			return fmt.Errorf("%s: %w", at.Pos, err)
		}
	}
	if err := keystore.CheckName(k.name); err != nil {
		return fmt.Errorf("the keystore does not take it: %w", err)
	}
	if _, err := config.Profile(k.name); err != nil {
		return err
	}
	settings, _ := config.Lookup(k.name)
	if process, ok := settings["credential_process"]; ok && !isProcessOf(given, process.Text, k.name) {
		return &profile.SettingError{Profile: k.name, Key: "credential_process", Pos: process.Pos, Reason: "is already there with another command"}
	}
	return profile.ProcessConflict(k.name, settings)
}

// choose returns those of all that the user has named, or those that there is a point in moving.
func (c *importCmd) choose(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, all []clearKey) ([]clearKey, error) {
	if len(c.Names) == 0 {
		return slices.DeleteFunc(slices.Clone(all), func(k clearKey) bool { return k.notOne != "" }), nil
	}
	var chosen []clearKey
	for _, name := range c.Names {
		i := slices.IndexFunc(all, func(k clearKey) bool { return k.name == name && !k.at[0].NoProfile })
		if i >= 0 {
			if !slices.ContainsFunc(chosen, func(k clearKey) bool { return k.name == name }) {
				chosen = append(chosen, all[i])
			}
			continue
		}
		if _, err := sess.Profile(ctx, name); err != nil {
			return nil, err
		}
		keys, err := sess.Keys()
		if err != nil {
			return nil, err
		}
		id, err := keys.KeyID(ctx, name)
		if errors.Is(err, keystore.ErrNotFound) {
			return nil, fmt.Errorf("profile %q has no access key in %s or %s", name, settings.Files.Credentials, settings.Files.Config)
		}
		if err != nil {
			return nil, err
		}
		out.note("profile %q has no access key in the AWS files; the keystore has %s", name, visible.KeyID(id))
	}
	return chosen, nil
}

// printClearKeys shows what is in the files.
func printClearKeys(out *ui, keys []clearKey) error {
	page := out.page(3)
	page.row("PROFILE", "KEY", "AT", "CAN BE MOVED")
	for _, k := range keys {
		can := "yes"
		switch {
		case k.notOne != "":
			can = "no: " + k.notOne
		case k.err != nil:
			can = "no: " + strings.TrimPrefix(k.err.Error(), fmt.Sprintf("profile %q: ", k.name))
		}
		page.row(k.name, visible.KeyID(k.at[0].Credentials.AccessKeyID), k.places(), can)
	}
	return out.print(page)
}

// movePlan is a key that is about to be moved.
type movePlan struct {
	key     clearKey
	profile *profile.Profile
	stored  bool   // the keystore has it already
	old     string // id of the key that it will replace there; "" for none
	edits   []fileEdit
}

// plan finds out whether k can be moved, and does the edits of the files in files, not yet on the disk.
func (c *importCmd) plan(ctx context.Context, settings *session.Settings, sess *session.Session, k clearKey, files fileContents) (movePlan, error) {
	p := movePlan{key: k}
	switch {
	case k.notOne != "":
		return p, errors.New(k.notOne)
	case k.err != nil:
		return p, k.err
	}
	config, err := sess.Config()
	if err != nil {
		return p, err
	}
	p.edits = moveEdits(settings, config, k)
	if p.profile, err = config.Profile(k.name); err != nil {
		return p, err
	}
	if err := c.compare(ctx, sess, &p); err != nil {
		return p, err
	}
	return p, files.edit(p.edits)
}

// compare finds out what the keystore has under the name of a key that is to be moved.
func (c *importCmd) compare(ctx context.Context, sess *session.Session, p *movePlan) error {
	keys, err := sess.Keys()
	if err != nil {
		return err
	}
	p.stored, p.old = false, ""
	switch there, err := keys.KeyID(ctx, p.key.name); {
	case errors.Is(err, keystore.ErrNotFound):
	case err != nil:
		return err
	case there == p.key.credentials().AccessKeyID:
		other := false
		if p.stored, other, err = isStored(ctx, sess, p.key); err != nil {
			return err
		}
		if other && c.NoVerify { // nobody will tell which secret is right
			p.old = there
		}
	default:
		p.old = there
	}
	if p.old != "" && !c.Force {
		return takenError{p.key.name, p.old, p.key.places()}
	}
	return nil
}

// isStored tells whether the keystore has k under its name, from a run that was interrupted, or other: one of the same id with another
// secret. AWS will tell which is right, if it is asked.
func isStored(ctx context.Context, sess *session.Session, k clearKey) (stored, other bool, err error) {
	defer sess.WaitForKeys()()
	there, err := sess.Opened().Get(ctx, k.name)
	if errors.Is(err, keystore.ErrNotFound) { // the index did not know
		return false, false, nil
	}
	stored = there.AccessKeyID == k.credentials().AccessKeyID && there.SecretAccessKey == k.credentials().SecretAccessKey
	return err == nil && stored, err == nil && !stored, err
}

// confirm asks whether to go ahead.
func (c *importCmd) confirm(ctx context.Context, sess *session.Session, n int) error {
	if c.Yes {
		return nil
	}
	question := fmt.Sprintf("move %d keys into %s?", n, sess.Opened())
	if n == 1 {
		question = fmt.Sprintf("move 1 key into %s?", sess.Opened())
	}
	return confirm(ctx, sess, question, "see what would be done: awsexec import --dry-run\nto do it without being asked: awsexec import --yes")
}

// lock takes the locks of the keys that are to be moved, those of names and then those of ids, each in their order, and returns
// the plans of the keys that no other awsexec is changing.
func (c *importCmd) lock(ctx context.Context, sess *session.Session, timing timing, plans []movePlan, fail func(clearKey, error)) (ready []movePlan, release func(), err error) {
	var held []func()
	release = func() {
		for _, r := range slices.Backward(held) {
			r()
		}
	}
	keys, err := sess.Keys()
	if err != nil {
		return nil, release, err
	}
	locks := keyLocks{keys, timing.lockPatience}
	ready = slices.Clone(plans)
	for _, lock := range []struct {
		take func(context.Context, string) (func(), error)
		of   func(movePlan) string
	}{
		{locks.LockKey, func(p movePlan) string { return p.key.name }},
		{locks.LockKeyID, func(p movePlan) string { return p.key.credentials().AccessKeyID }},
	} {
		slices.SortStableFunc(ready, func(p, q movePlan) int { return strings.Compare(lock.of(p), lock.of(q)) })
		var taken []movePlan
		for _, p := range ready {
			if n := len(taken); n > 0 && lock.of(taken[n-1]) == lock.of(p) { // two profiles with one key
				taken = append(taken, p)
				continue
			}
			r, err := lock.take(ctx, lock.of(p))
			switch {
			case errors.Is(err, errBusy):
				fail(p.key, errBusy)
			case err != nil:
				release()
				return nil, release, err
			default:
				held = append(held, r)
				taken = append(taken, p)
			}
		}
		ready = taken
	}
	isReady := func(p movePlan) bool {
		return slices.ContainsFunc(ready, func(q movePlan) bool { return p.key.name == q.key.name })
	}
	return slices.DeleteFunc(slices.Clone(plans), func(p movePlan) bool { return !isReady(p) }), release, nil
}

// move stores a key and takes it out of the files. Wherever it is interrupted, the key is in the files or in the keystore, the profile is one
// that SDKs get credentials from, and another run goes on from there: the config file comes first, since a key in the
// credentials file is what that run will find.
func (c *importCmd) move(ctx context.Context, sess *session.Session, out *ui, edited *editor, p movePlan) error {
	key := p.key.credentials()
	if err := c.compare(ctx, sess, &p); err != nil { // since the question was asked
		return err
	}
	if !p.stored {
		if err := refuseRetiring(ctx, sess.Opened(), p.key.name, key.AccessKeyID); err != nil {
			return err
		}
		if !c.NoVerify {
			if _, err := verify(ctx, sess, out, p.profile, key); err != nil {
				return err
			}
		}
		if err := put(ctx, sess, out, p.key.name, key, p.old); err != nil {
			return err
		}
	}
	for _, e := range p.edits {
		if _, err := edited.edit(ctx, e.path, e.edit); err != nil {
			return fmt.Errorf("it is stored, and still in clear: %w", err)
		}
	}
	out.note("key %s of profile %q is in %s now, and no more at %s", visible.KeyID(key.AccessKeyID), p.key.name, sess.Opened(), p.key.places())
	return nil
}

// fileEdit is a change of one of the AWS files.
type fileEdit struct {
	path string
	edit func(old []byte) (data []byte, changed bool, err error)
}

// moveEdits are the changes of the files that k takes, in the order that they must be made in.
func moveEdits(given *session.Settings, config *profile.Config, k clearKey) []fileEdit {
	remove := func(path string, kind profile.Kind) func([]byte) ([]byte, bool, error) {
		return func(old []byte) ([]byte, bool, error) {
			return profile.RemoveKeys(old, path, kind, k.name, k.credentials())
		}
	}
	settings, _ := config.Lookup(k.name)
	configured := isProcessOf(given, settings["credential_process"].Text, k.name)
	removeFromConfig := remove(given.Files.Config, profile.ConfigFile)
	return []fileEdit{
		{given.Files.Config, func(old []byte) ([]byte, bool, error) {
			data, removed, err := removeFromConfig(old)
			if err != nil || configured {
				return data, removed, err
			}
			data, added, err := profile.AddCredentialProcess(data, given.Files.Config, k.name, processCommand(given.Self, k.name))
			return data, removed || added, err
		}},
		{given.Files.Credentials, remove(given.Files.Credentials, profile.CredentialsFile)},
	}
}

// fileContents are files as they are and as they will be, by path.
type fileContents map[string]*struct{ old, data []byte }

// edit makes changes, all or none.
func (f fileContents) edit(edits []fileEdit) error {
	made := map[string][]byte{}
	for _, e := range edits {
		if f[e.path] == nil {
			old, err := readfile.Read(e.path, readfile.MaxAWS)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			f[e.path] = &struct{ old, data []byte }{old, old}
		}
		data, ok := made[e.path]
		if !ok {
			data = f[e.path].data
		}
		data, _, err := e.edit(data)
		if err != nil {
			return err
		}
		made[e.path] = data
	}
	for path, data := range made {
		f[path].data = data
	}
	return nil
}

// show prints what will be changed, without the secrets.
func (f fileContents) show(settings *session.Settings, out *ui) error {
	page := out.page(0)
	for _, path := range slices.Compact([]string{settings.Files.Config, settings.Files.Credentials}) {
		file := f[path]
		if file == nil {
			continue
		}
		text := diff.Diff(path, profile.Redact(file.old), path, profile.Redact(file.data))
		_, text, _ = bytes.Cut(text, []byte("\n")) // the line of the command
		for line := range strings.Lines(string(text)) {
			page.line("%s", strings.TrimRight(line, "\r\n"))
		}
	}
	return out.print(page)
}

// importError says which key was not moved.
type importError struct {
	name string
	err  error
}

func (e importError) Error() string {
	profile := fmt.Sprintf("profile %q: ", e.name)
	return "key of " + profile + strings.TrimPrefix(e.err.Error(), profile)
}

func (e importError) Unwrap() error { return e.err }

// takenError says that the keystore has another key under the name of the one to be moved.
type takenError struct{ name, keyID, at string }

func (e takenError) Error() string {
	return fmt.Sprintf("the keystore has another one under this name (%s)", visible.KeyID(e.keyID))
}
