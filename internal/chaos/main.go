//go:build linux

// Command chaos runs hundreds of awsexec processes at once on the same names.
// It kills some of them, fails and delays AWS, restarts the keyring and
// restores old files, and checks invariants: "make chaos".
//
// It builds awsexec with an encrypted file that opens quickly, and treats it as
// a black box, with a stand-in for AWS and a real gnome-keyring on a private
// bus, all in a temporary directory. A seed, which is printed, determines what
// every call does and when. How the processes interleave is not repeatable. A
// violation is printed with the story of its name, and the exit code is 1.
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

// options say how much to run.
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
	o := options{keyring: true, log: func(format string,
		args ...any) {
		fmt.Fprintf(os.Stderr, "chaos: "+format+"\n", args...)
	}}
	flag.Uint64Var(&o.seed, "seed", rand.Uint64(), "seed of the random calls")
	flag.IntVar(&o.rounds, "rounds", 20, "number of rounds; everything is checked after each")
	flag.IntVar(&o.calls, "calls", 200, "number of calls in a round")
	flag.IntVar(&o.parallel, "parallel", 24, "number of calls at once")
	flag.DurationVar(&o.limit, "limit", 9*time.Minute, "start no round after this time")
	flag.BoolVar(&o.restores, "restores", true, "also restore earlier copies of files")
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
