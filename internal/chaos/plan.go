//go:build linux

package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"
)

// kind is the kind of a call.
type kind string

const (
	doPrint  kind = "print"
	doExec   kind = "exec"
	doWhoami kind = "whoami"
	doList   kind = "list"
	doAdd    kind = "add"
	doForce  kind = "add --force"
	doRemove kind = "remove"
	doRotate kind = "rotate"
	doImport kind = "import"
	doClear  kind = "clear"
	doUnlock kind = "unlock"
	doLock   kind = "lock"

	// These kinds are not calls of awsexec.
	doCopy          kind = "copy files"
	restoreStore    kind = "restore store"
	restoreIndex    kind = "restore index"
	restoreBoth     kind = "restore both"
	restoreSessions kind = "restore sessions"
)

// shares is how often each kind is drawn.
var shares = []struct {
	kind
	share int
}{
	{doPrint, 28}, {doExec, 12}, {doWhoami, 8}, {doList, 3}, {doAdd, 5}, {doForce, 12}, {doRemove,
		4}, {doRotate, 9}, {doImport, 4}, {doClear, 3}, {doUnlock, 2},
	{doLock, 2}, {doCopy, 3}, {restoreStore, 2}, {restoreIndex, 2}, {restoreBoth, 1}, {restoreSessions, 1},
}

// stores are the two kinds of keystore, by the values of AWSEXEC_KEYSTORE.
const (
	inFile    = "file"
	inKeyring = "keyring"
)

var names = []string{"dev", "prod", "work", "ci"}

// usersPerStore is the number of users whose keys each store holds.
const usersPerStore = 4

// call is one action, with all its random choices.
type call struct {
	number       int
	kind         kind
	store, name  string
	user         int            // the user whose key add stores
	whole        bool           // clear: all sessions
	noPassphrase bool           // without the file's passphrase
	signal       syscall.Signal // sent after that time; 0 for none
	after        time.Duration
}

// weather is the behavior of AWS and the keyring in one round.
type weather struct {
	delay    time.Duration // before each session
	failures int           // number of failed calls, of each kind
	nth      int           // the call whose answer is lost; 0 for none
	offset   time.Duration // offset of AWS's clock
	restarts int           // number of restarts of the keyring
}

// round is the plan of one round.
type round struct {
	weather
	calls []call
	// plaintext holds, by store, the names that have a key in the credentials
	// file at first, for import to find, with the number of the user.
	plaintext map[string]map[string]int
}

// plan returns the plan of round number n.
func plan(o options, n int) round {
	r := rand.New(rand.NewPCG(o.seed, uint64(n)))
	stores := []string{inFile}
	if o.keyring {
		stores = append(stores, inKeyring)
	}
	out := round{plaintext: map[string]map[string]int{}}
	if r.IntN(2) == 0 {
		out.delay = time.Duration(r.IntN(400)) * time.Millisecond
	}
	if r.IntN(2) == 0 {
		out.failures = 1 + r.IntN(6)
	}
	if r.IntN(2) == 0 {
		out.nth = 1 + r.IntN(o.calls/2+1)
	}
	if r.IntN(4) == 0 {
		out.offset = time.Duration(r.IntN(28)-14) * time.Minute
	}
	if o.keyring && r.IntN(3) == 0 {
		out.restarts = 1 + r.IntN(2)
	}
	for _, store := range stores {
		out.plaintext[store] = map[string]int{names[r.IntN(len(names))]: r.IntN(usersPerStore)}
	}
	total := 0
	for _, s := range shares {
		total += s.share
	}
	for i := range o.calls {
		c := call{number: n*o.calls + i + 1, store: stores[r.IntN(len(stores))],
			name: names[r.IntN(len(names))], user: r.IntN(usersPerStore)}
		drawn := r.IntN(total)
		for _, s := range shares {
			if drawn -= s.share; drawn < 0 {
				c.kind = s.kind
				break
			}
		}
		if c.restores() && !o.restores {
			c.kind = doPrint
		}
		c.whole = r.IntN(3) == 0
		c.noPassphrase = r.IntN(8) == 0
		switch r.IntN(50) {
		case 0, 1, 2, 3, 4:
			c.signal = syscall.SIGKILL
		case 5:
			c.signal = syscall.SIGTERM
		}
		// Most calls take 10 to 100 ms, and some take much longer.
		c.after = time.Duration(math.Exp(r.Float64()*math.Log(500)) * float64(time.Millisecond))
		out.calls = append(out.calls, c)
	}
	return out
}

// restores reports whether c restores an earlier copy of files.
func (c call) restores() bool {
	return slices.Contains([]kind{restoreStore, restoreIndex, restoreBoth, restoreSessions}, c.kind)
}

func (c call) String() string {
	return fmt.Sprintf("%s %s in the %s", c.kind, c.name, c.store)
}
