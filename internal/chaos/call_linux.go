package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

// These are the longest times that a call may take. No call has a user to ask.
const (
	printLimit = time.Minute // the Go SDK kills a credential_process after that
	callLimit  = 75 * time.Second
	giveUp     = 2 * time.Minute // the call is killed then

	// outputLimit is how long output may stay open after a call. A process that
	// is being started at that moment holds it briefly.
	outputLimit = 10 * time.Second
)

// record is the result of a call.
type record struct {
	call
	start, end     time.Time
	code           int  // 128 plus the signal's number if a signal ended it
	killed         bool // killed by us
	stdout, stderr string
	account        string // the account of the credentials that it returned, "" for none
}

// arguments returns the command line of c, and its standard input.
func (w *world) arguments(c call) (args []string, stdin string) {
	switch c.kind {
	case doPrint:
		args = []string{"-p", c.name}
	case doExec:
		args = []string{"-p", c.name, "--", "/bin/sh", "-c", `printf %s "$AWS_ACCESS_KEY_ID"`}
	case doWhoami:
		args = []string{"whoami", "-p", c.name, "--json", "--unmasked"}
	case doList:
		args = []string{"list", "--json"}
	case doAdd, doForce:
		args = []string{"add", c.name, "--stdin"}
		if c.kind == doForce {
			args = append(args, "--force")
		}
		id := w.users[c.store][c.user].keyID
		stdin = id + "\n" + w.secrets[id] + "\n"
	case doRemove:
		args = []string{"remove", c.name, "--yes"}
	case doRotate:
		args = []string{"rotate", c.name, "--yes"}
	case doImport:
		args = []string{"import", c.name, "--yes", "--force"}
	case doClear:
		args = []string{"clear"}
		if !c.whole {
			args = append(args, c.name)
		}
	case doUnlock:
		args = []string{"unlock", "--for", "1m"}
	case doLock:
		args = []string{"lock"}
	}
	return args, stdin
}

// run runs one call of awsexec and checks it by itself.
func (w *world) run(c call) record {
	args, stdin := w.arguments(c)
	extra := []string{"AWSEXEC_KEYSTORE=" + c.store}
	if c.noPassphrase {
		extra = append(extra, "AWSEXEC_PASSPHRASE")
	}
	r := w.process(c, args, stdin, extra...)
	w.check(&r)
	w.report.count(c.kind, r.code == 0, r.killed, r.end.Sub(r.start))
	return r
}

// process runs awsexec with args to its end, or until the signal of c.
func (w *world) process(c call, args []string, stdin string, env ...string) record {
	ctx, cancel := context.WithTimeout(context.Background(), giveUp)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.awsexec, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = w.dir, w.environ(env...), strings.NewReader(stdin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.WaitDelay = outputLimit
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	r := record{call: c, start: time.Now()}
	if err := cmd.Start(); err != nil {
		r.end, r.code, r.stderr = time.Now(), -1, err.Error()
		return r
	}
	if c.signal != 0 {
		timer := time.AfterFunc(c.after, func() { _ = cmd.Process.Signal(c.signal) })
		defer timer.Stop()
	}
	err := cmd.Wait()
	r.end, r.stdout, r.stderr = time.Now(), stdout.String(), stderr.String()
	r.code = cmd.ProcessState.ExitCode()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		r.code = 128 + int(status.Signal())
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		w.violated(r, "a process that it left holds its output open")
	}
	r.killed = c.signal != 0 && r.code == 128+int(c.signal)
	return r
}

// quiet runs awsexec when nothing else runs. The call has no kind.
func (w *world) quiet(env []string, store string, args ...string) record {
	r := w.process(call{kind: "check", store: store}, args, "", append(env, "AWSEXEC_KEYSTORE="+store)...)
	if strings.Contains(r.stderr, ststest.Marker) {
		w.violated(r, "%v: a secret is on stderr", args)
	}
	return r
}

// check checks one call by itself, and finds out whose credentials it returned.
func (w *world) check(r *record) {
	limit := callLimit
	if r.kind == doPrint {
		limit = printLimit
	}
	if took := r.end.Sub(r.start); took > limit {
		w.violated(*r, "took %s", took)
	}
	if !slices.Contains([]int{0, 125}, r.code) && !r.killed {
		w.violated(*r, "exit code %d", r.code)
	}
	if strings.Contains(r.stderr, ststest.Marker) || r.kind != doPrint &&
		strings.Contains(r.stdout, ststest.Marker) {
		w.violated(*r, "a secret is in its output")
	}
	for line := range strings.Lines(r.stderr) {
		if !strings.HasPrefix(line, "awsexec: ") {
			w.violated(*r, "reports %q", line)
			break
		}
	}
	if r.code != 0 {
		if r.stdout != "" && !r.killed && r.kind != doImport { // import first shows what it is going to do
			w.violated(*r, "failed, and printed %d bytes", len(r.stdout))
		}
		return
	}
	switch keyID, err := answer(*r); {
	case err != nil:
		w.violated(*r, "%v", err)
	case keyID != "":
		if r.account = w.accountOf(keyID); r.account == "" {
			w.violated(*r, "returned %s, which AWS never made", keyID)
		}
	}
}

// answer returns the access key ID on standard output, or "" for a call that
// does not return credentials.
func answer(r record) (keyID string, err error) {
	switch r.kind {
	case doPrint:
		var out struct {
			Version                                   int
			AccessKeyID                               string `json:"AccessKeyId"`
			SecretAccessKey, SessionToken, Expiration string
		}
		if err := json.Unmarshal([]byte(r.stdout), &out); err != nil {
			return "", fmt.Errorf("stdout is not JSON: %w", err)
		}
		if out.Version != 1 || out.SecretAccessKey == "" || out.SessionToken == "" || out.Expiration == "" {
			return "", errors.New("stdout is not a session")
		}
		return out.AccessKeyID, nil
	case doExec:
		return r.stdout, nil
	case doWhoami:
		var out struct {
			AccessKeyID string `json:"access_key_id"`
			Account     string `json:"account"`
		}
		err := json.Unmarshal([]byte(r.stdout), &out)
		return out.AccessKeyID, err
	case doList:
		var out []struct{ Name string }
		return "", json.Unmarshal([]byte(r.stdout), &out)
	case doAdd, doForce, doImport: // these may show the changes to the AWS files
		return "", nil
	default:
		if r.stdout != "" {
			err = fmt.Errorf("%d bytes on stdout", len(r.stdout))
		}
		return "", err
	}
}

// violated records a violation together with the story of the name of r.
func (w *world) violated(r record, format string, args ...any) {
	w.report.violated(nil, "#%d %s: %s\n  %s", r.number, r.call, fmt.Sprintf(format, args...),
		strings.TrimSpace(r.stderr))
}

// story returns what happened to a name in this round, up to now.
func (w *world) story(store, name string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	log := slices.Clone(w.log)
	slices.SortFunc(log, func(a, b record) int { return a.start.Compare(b.start) })
	var story []string
	for _, r := range log {
		if r.store != store || r.name != name && !r.restores() && r.kind != doCopy &&
			!(r.kind == doClear && r.whole) {
			continue
		}
		line := fmt.Sprintf("%8.3f to %8.3f s  #%d %s", r.start.Sub(w.began).Seconds(),
			r.end.Sub(w.began).Seconds(), r.number, r.kind)
		if r.kind == doAdd || r.kind == doForce {
			line += " of " + w.users[store][r.user].account
		}
		line += fmt.Sprintf(": %d", r.code)
		if r.account != "" {
			line += ", returned" + r.account
		}
		if first, _, _ := strings.Cut(r.stderr, "\n"); first != "" {
			line += "  " + strings.TrimPrefix(first, "awsexec: ")
		}
		story = append(story, line)
	}
	return story
}

// leftovers returns the processes of awsexec that still run.
func (w *world) leftovers() []string {
	var found []string
	w.eachProcess(func(pid string, cmdline []byte) {
		program, _, _ := bytes.Cut(cmdline, []byte{0})
		if environ, _ := os.ReadFile("/proc/" + pid + "/environ"); string(program) == w.awsexec &&
			bytes.Contains(environ, []byte("HOME="+w.dir+"\x00")) {
			found = append(found, string(bytes.ReplaceAll(cmdline, []byte{0}, []byte{' '})))
		}
	})
	return found
}

func (w *world) eachProcess(look func(pid string, cmdline []byte)) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.Name()[0] < '0' || e.Name()[0] > '9' {
			continue
		}
		if cmdline, err := os.ReadFile("/proc/" + e.Name() + "/cmdline"); err == nil && len(cmdline) > 0 {
			look(e.Name(), cmdline)
		}
	}
}
