package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

// run runs the rounds of o, or fewer if the time is up.
func run(ctx context.Context, o options) (*report, error) {
	r := &report{options: o, rows: map[kind]*row{}}
	w, err := newWorld(ctx, o, r)
	defer w.close()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	o.log("seed %d", o.seed)
	if err := w.firstKeys(); err != nil {
		return nil, err
	}
	for n := range o.rounds {
		if time.Since(began) > o.limit || ctx.Err() != nil || len(r.violations) > 0 {
			break
		}
		if err := w.round(ctx, plan(w.options, n)); err != nil {
			return nil, fmt.Errorf("round %d: %w", n+1, err)
		}
		if err := w.audit(); err != nil {
			return nil, fmt.Errorf("after round %d: %w", n+1, err)
		}
		r.roundsDone++
		o.log("round %d: %s, %d violations", n+1, time.Since(began).Round(time.Second), len(r.violations))
	}
	if err := w.last(); err != nil {
		return nil, err
	}
	r.took = time.Since(began)
	return r, context.Cause(ctx)
}

// firstKeys puts a key into each store, and makes the first copy.
func (w *world) firstKeys() error {
	for _, store := range w.stores() {
		for i, name := range names[:2] {
			c := call{kind: doAdd, store: store, name: name, user: i}
			if r := w.run(c); r.code != 0 {
				return fmt.Errorf("%s: exit code %d\n%s", c, r.code, r.stderr)
			}
			w.histories[store][name].settle(w.users[store][i].account, time.Now())
		}
	}
	return w.copyFiles(0)
}

// round makes all calls of p, several at a time.
func (w *world) round(ctx context.Context, p round) error {
	w.log = nil
	w.plaintext = map[string]string{}
	for _, store := range w.stores() {
		for name, i := range p.plaintext[store] {
			w.plaintext[name] = w.users[store][i].keyID
		}
	}
	if err := w.writeCredentials(); err != nil {
		return err
	}
	w.aws.SetDelay("GetSessionToken", p.delay)
	w.aws.SetClockOffset(p.offset)
	for _, f := range []ststest.Fault{ststest.Throttling(), ststest.ConnectionDropped(), ststest.AnswerLost()} {
		w.aws.Fail("GetSessionToken", p.failures, f)
	}
	if p.nth > 0 {
		w.aws.FailNth(p.nth, ststest.AnswerLost())
	}

	stopWatching := w.watchProcesses()
	calls := make(chan call)
	errs := make(chan error, w.parallel)
	for range w.parallel {
		go func() {
			var err error
			for c := range calls {
				if err == nil {
					err = w.do(c)
				}
			}
			errs <- err
		}()
	}
	for i, c := range p.calls {
		if ctx.Err() != nil {
			break
		}
		if p.restarts > 0 && i%(len(p.calls)/(p.restarts+1)+1) == len(p.calls)/(p.restarts+1) {
			w.keyring.end()
		}
		calls <- c
	}
	close(calls)
	var err error
	for range w.parallel {
		if e := <-errs; e != nil {
			err = e
		}
	}
	stopWatching()
	return err
}

// do makes one call and records changes of its name in the history.
func (w *world) do(c call) error {
	r := record{call: c, start: time.Now()}
	var err error
	switch {
	case c.kind == doCopy || c.restores():
		w.writing.Lock()
		r.start = time.Now()
		err = w.restore(c)
		w.writing.Unlock()
		r.end = time.Now()
		w.report.count(c.kind, err == nil, false, r.end.Sub(r.start))
	case slices.Contains([]kind{doAdd, doForce, doRemove, doImport, doRotate}, c.kind):
		w.writing.RLock()
		r = w.change(c)
		w.writing.RUnlock()
	default:
		r = w.run(c)
	}
	w.mu.Lock()
	w.log = append(w.log, r)
	w.mu.Unlock()
	return err
}

// afterDeath is how long a keyring may take to execute a request of a process
// that has ended.
const afterDeath = 2 * time.Second

// change runs a call that changes the key of a name. A rotation keeps the
// account of the key.
func (w *world) change(c call) record {
	value := none
	switch c.kind {
	case doRotate:
		return w.run(c)
	case doAdd, doForce:
		value = w.users[c.store][c.user].account
	case doImport:
		id, ok := w.plaintext[c.name]
		if !ok {
			return w.run(c)
		}
		value = w.accountOf(id)
	}
	end := w.histories[c.store][c.name].begin(value, time.Now())
	r := w.run(c)
	switch {
	case r.code == 0 && c.kind != doImport: // import may find that another process has moved the key
		end(r.end, yes)
	case strings.Contains(r.stderr, "there already") || strings.Contains(r.stderr, "nothing was stored"):
		end(r.end, no)
	default:
		end(r.end.Add(afterDeath), perhaps)
	}
	return r
}

// restore copies files, or restores an earlier copy.
func (w *world) restore(c call) error {
	k := w.kept[c.user%len(w.kept)]
	index := func() error {
		return copyFile(k.dir+"/"+indexFile[c.store], w.path(indexFile[c.store]))
	}
	store := func() error {
		for _, name := range names {
			end := w.histories[inFile][name].begin(k.values[name], time.Now())
			defer func() { end(time.Now(), yes) }()
		}
		return copyFile(k.dir+"/"+storeFile[inFile], w.path(storeFile[inFile]))
	}
	switch {
	case c.kind == doCopy:
		return w.copyFiles(c.number)
	case c.kind == restoreSessions:
		return restoreTree(k.dir+"/"+sessionsDir, w.path(sessionsDir))
	case c.store == inKeyring || c.kind == restoreIndex:
		return index()
	}
	err := store()
	if err == nil && c.kind == restoreBoth {
		err = index()
	}
	return err
}

// watchProcesses searches the arguments of all processes for secrets until stop
// is called.
func (w *world) watchProcesses() (stop func()) {
	stopped := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stopped:
				return
			case <-tick.C:
			}
			w.eachProcess(func(pid string, cmdline []byte) {
				if bytes.Contains(cmdline, []byte(ststest.Marker+"/chaos/")) ||
					bytes.Contains(cmdline, []byte(passphrase)) {
					w.report.violated(nil, "a secret is in the arguments of process %s", pid)
				}
			})
		}
	})
	return func() {
		close(stopped)
		watching.Wait()
	}
}

// compareIdentities checks the accounts of the credentials that the calls of
// this round returned.
func (w *world) compareIdentities() {
	for _, r := range w.log {
		if r.account == "" {
			continue
		}
		w.report.identities++
		allowed := w.histories[r.store][r.name].allowed(r.start, r.end)
		// If the store has no key for a name, a key in the AWS files is used. A
		// keyring cannot be enumerated: if a restored index lacks a name and
		// the AWS files have a key, the keyring is not asked for the name
		// either.
		if id, ok := w.plaintext[r.name]; ok && (slices.Contains(allowed, none) || w.indexRestored(r)) {
			allowed = append(allowed, w.accountOf(id))
		}
		if !slices.Contains(allowed, r.account) {
			w.report.violated(w.story(r.store, r.name),
				"#%d %s returned a session of %s, and the name had %q", r.number, r.call, r.account, allowed)
		}
	}
}

// indexRestored reports whether r may read an old index of the keyring.
func (w *world) indexRestored(r record) bool {
	return r.store == inKeyring && slices.ContainsFunc(w.log, func(other record) bool {
		return other.store == inKeyring && other.restores() && other.start.Before(r.end)
	})
}

// writeOnce stores a key. The next write to a store removes the unfinished files
// of killed ones.
func (w *world) writeOnce(store string) error {
	u := w.users[store][0]
	if err := w.living(u); err != nil {
		return err
	}
	r := w.process(call{kind: doForce, store: store, name: names[0]}, []string{"add", names[0], "--stdin", "--force"},
		u.keyID+"\n"+w.secrets[u.keyID]+"\n", "AWSEXEC_KEYSTORE="+store)
	if r.code != 0 {
		w.report.violated(nil, "at the end, add to the %s: %s", store, r.stderr)
	}
	return nil
}

// last checks, when nothing else runs, that every name works and nothing is
// left over.
func (w *world) last() error {
	for _, store := range w.stores() {
		if r := w.quiet(nil, store, "clear"); r.code != 0 {
			w.report.violated(nil, "at the end, clear: %s", r.stderr)
		}
		for _, name := range names {
			value := w.histories[store][name].allowed(time.Now(), time.Now())[0]
			r := w.quiet(nil, store, "whoami", "-p", name, "--json", "--unmasked")
			switch {
			case value == none && r.code == 0:
				w.report.violated(nil, "at the end, %s in the %s has a key", name, store)
			case value != none && !strings.Contains(r.stdout, value):
				w.report.violated(nil, "at the end, %s in the %s does not work: %s", name, store, r.stderr)
			}
			if value == none {
				continue
			}
			for _, args := range [][]string{{"rotate", name, "--yes"}, {"-p", name}} {
				if r := w.quiet(nil, store, args...); r.code != 0 && !strings.Contains(r.stderr, "stored as") {
					w.report.violated(nil, "at the end, %v in the %s: %s", args, store, r.stderr)
				}
			}
		}
	}
	for _, store := range w.stores() {
		if err := w.writeOnce(store); err != nil {
			return err
		}
	}
	if left := w.leftovers(); len(left) > 0 {
		w.report.violated(nil, "still running: %q", left)
	}
	if w.keyring != nil {
		var err error
		if w.report.restarts, err = w.keyring.ready(); err != nil {
			return err
		}
	}
	return w.checkFiles(true)
}
