// Command bench measures the paths that every call of an AWS tool depends on,
// and prints one table: "make bench".
//
// It builds awsexec like a release and starts a real gnome-keyring on a private
// bus and a stand-in for STS, all in a temporary directory. It runs awsexec in
// turn with small programs that do only the necessary work. Goals are ratios
// and differences between medians of one run, because the time of one program
// depends mostly on the machine. A goal that is not met is reported but is not
// a failure: the exit code is 1 only if something could not be run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

func main() {
	runs := flag.Int("runs", 60, "number of measured runs of each program")
	only := flag.String("only", "warm,file,cold,growth,parallel,serve,size,peers", "what to measure")
	flag.Parse()
	if flag.NArg() > 0 || *runs < 1 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	if err := bench(ctx, *runs, strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, runs int, only []string) error {
	w, err := newWorld(ctx, runs)
	if err != nil {
		return err
	}
	defer w.close()
	var r report
	r.machine(runs)
	if w.bus == nil {
		r.note("No keyring: %v. Rows that need one are missing.", w.noKeyring)
	}
	for _, part := range []struct {
		name    string
		measure func(context.Context, *world, *report) error
	}{
		{"warm", warmCalls}, {"file", unlockedFile}, {"cold", coldCalls}, {"growth", growth},
		{"parallel", parallel}, {"serve", serve},
		{"size", size}, {"peers", peers},
	} {
		if !slices.Contains(only, part.name) {
			continue
		}
		if err := part.measure(ctx, w, &r); err != nil {
			return err
		}
	}
	return r.print(os.Stdout)
}
