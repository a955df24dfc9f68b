//go:build unix

package script

import (
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/awsexec/awsexec/internal/ststest"
)

type serverKey struct{}

// controlAWS is the command aws: it examines the stand-in, or changes how it
// behaves.
func controlAWS(ts *testscript.TestScript, neg bool, args []string) {
	server := ts.Value(serverKey{}).(*ststest.Server)
	if neg || len(args) < 2 {
		ts.Fatalf("usage: aws calls|sent|fail|page|redirect|forbid|hold|keys|key|clock …")
	}
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		ts.Check(err)
		return n
	}
	switch verb, rest := args[0], args[1:]; {
	case verb == "calls" && len(rest) == 2:
		if got := server.Calls(rest[0]); got != number(rest[1]) {
			ts.Fatalf("%d calls of %s, want %s", got, rest[0], rest[1])
		}
	case verb == "sent" && len(rest) >= 2:
		sent(ts, server, rest[0], rest[1:])
	case verb == "fail" && len(rest) == 4:
		server.Fail(rest[0], 1, ststest.Fault{Status: number(rest[1]), Code: rest[2], Message: rest[3]})
	case verb == "fail" && len(rest) == 1:
		server.Fail(rest[0], 10, ststest.ConnectionDropped())
	case verb == "page" && len(rest) == 2:
		server.Fail(rest[0], 1, ststest.WebPage(number(rest[1])))
	case verb == "redirect" && len(rest) == 3:
		server.Fail(rest[0], 1, ststest.Redirect(number(rest[1]), rest[2]))
	case verb == "forbid" && len(rest) == 1:
		server.Forbid(rest[0], ststest.Always)
	case verb == "allow" && len(rest) == 1:
		server.Forbid(rest[0], ststest.Never)
	case verb == "hold" && len(rest) == 1:
		entered, release := server.Hold(rest[0])
		ts.Value(holdsKey{}).(map[string]hold)[rest[0]] = hold{entered, release}
		ts.Defer(release)
	case verb == "await" && len(rest) == 1:
		select {
		case <-held(ts, rest[0]).entered:
		case <-time.After(limit):
			ts.Fatalf("no call of %s arrives", rest[0])
		}
	case verb == "release" && len(rest) == 1:
		held(ts, rest[0]).release()
	case verb == "slow" && len(rest) == 1:
		server.SetPropagation(ststest.Propagation{Refused: number(rest[0])})
	case verb == "key" && len(rest) == 3 && rest[0] == "add":
		ts.Check(server.AddKey(arnOf(rest[1]), rest[2], secretOf("second")))
	case verb == "key" && len(rest) == 2 && rest[0] == "remove":
		ts.Check(server.RemoveKey(rest[1]))
	case verb == "key" && len(rest) == 2 && rest[0] == "disable":
		ts.Check(server.SetKeyActive(rest[1], false))
	case verb == "keys" && len(rest) == 2:
		if keys := server.AccessKeys(arnOf(rest[0])); len(keys) != number(rest[1]) {
			ts.Fatalf("%s has the keys %v, want %s", rest[0], keys, rest[1])
		}
	case verb == "clock" && len(rest) == 1:
		offset, err := time.ParseDuration(rest[0])
		ts.Check(err)
		server.SetClockOffset(offset)
	default:
		ts.Fatalf("unknown: aws %s", strings.Join(args, " "))
	}
}

func arnOf(user string) string { return "arn:aws:iam::" + account + ":user/" + user }

type holdsKey struct{}

// hold is an action whose calls wait.
type hold struct {
	entered <-chan struct{} // receives an element for each call that waits
	release func()
}

func held(ts *testscript.TestScript, action string) hold {
	h, ok := ts.Value(holdsKey{}).(map[string]hold)[action]
	if !ok {
		ts.Fatalf("%s is not held", action)
	}
	return h
}

// sent checks parameters of the last call of action. Region= and Key= stand for
// the scope and the key of its signature.
func sent(ts *testscript.TestScript, server *ststest.Server, action string, params []string) {
	var last ststest.Request
	for _, r := range server.Requests() {
		if r.Action == action {
			last = r
		}
	}
	for _, p := range params {
		name, want, _ := strings.Cut(p, "=")
		got := last.Params.Get(name)
		switch name {
		case "Region":
			got = last.Region
		case "Key":
			got = last.AccessKeyID
		}
		if got != want {
			ts.Fatalf("%s was called with %s = %q, want %q", action, name, got, want)
		}
	}
}
