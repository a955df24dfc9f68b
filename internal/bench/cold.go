package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// coldPrint returns a call that finds no session.
func coldPrint(w *world) subject {
	s := w.awsexec("-p", "work")
	s.name = "cold " + s.name
	s.prepare = func() error { return os.RemoveAll(w.path("cache", "awsexec", "sessions")) }
	return s
}

// coldCalls measures calls that make a session, and counts their calls of STS
// and the keyring.
func coldCalls(ctx context.Context, w *world, r *report) error {
	if w.bus == nil {
		return nil
	}
	bare := subject{name: "stscall", argv: []string{w.program("stscall")},
		env: w.environ("AWS_ACCESS_KEY_ID="+keyID, "AWS_SECRET_ACCESS_KEY="+secret)}
	s, err := w.compare(ctx, bare, coldPrint(w))
	if err != nil {
		return err
	}
	r.more("cold print", s[1], "one call with the SDK", s[0], 10*time.Millisecond)

	cold := coldPrint(w)
	if err := cold.prepare(); err != nil {
		return err
	}
	before := len(w.sts.Requests())
	calls, err := w.keyringCalls(func() error {
		_, err := w.measure(ctx, cold)
		return err
	})
	if err != nil {
		return err
	}
	n := len(w.sts.Requests()) - before
	r.row("cold print: calls of STS", fmt.Sprint(n), "", "", "", "1", n == 1)
	reads := count(calls, "GetSecret")
	r.row("cold print: keyring reads", fmt.Sprint(reads), "", fmt.Sprintf("%d calls in all", len(calls)),
		"", "2", reads == 2)
	return nil
}
