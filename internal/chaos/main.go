//go:build linux

// Command chaos runs hundreds of awsexec at once on the same names, kills some of them, fails and delays AWS, restarts the keyring and
// restores old files, and checks what may never happen: "make chaos".
//
// It builds awsexec, with an encrypted file that costs nothing to open, and treats it as a black box: a stand-in for AWS and a real
// gnome-keyring on a bus of its own, all in a temporary directory. What every call does and when is drawn from a seed, which is printed;
// how the processes interleave is not repeatable. A violation is printed with what happened to its name, and the exit code is 1.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"time"
)

// options say how much chaos there is.
type options struct {
	seed     uint64
	rounds   int
	calls    int // in each round
	parallel int // at once
	limit    time.Duration
	keyring  bool
	restores bool
	log      func(format string, args ...any)
}

func main() {
	o := options{keyring: true, log: func(format string, args ...any) { fmt.Fprintf(os.Stderr, "chaos: "+format+"\n", args...) }}
	flag.Uint64Var(&o.seed, "seed", rand.Uint64(), "what the calls are drawn from")
	flag.IntVar(&o.rounds, "rounds", 20, "rounds; after each, everything is checked")
	flag.IntVar(&o.calls, "calls", 200, "calls in a round")
	flag.IntVar(&o.parallel, "parallel", 24, "calls at once")
	flag.DurationVar(&o.limit, "limit", 9*time.Minute, "begin no round after this time")
	flag.BoolVar(&o.restores, "restores", true, "restore earlier copies of files too")
	flag.Parse()
	if flag.NArg() > 0 || o.rounds < 1 || o.calls < 1 || o.parallel < 1 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	r, err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
	r.print(os.Stdout)
	if len(r.violations) > 0 {
		os.Exit(1)
	}
}
