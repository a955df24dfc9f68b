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
		ts.Fatalf("usage: aws calls|sent|fail|page|redirect|forbid|keys|clock …")
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
	case verb == "keys" && len(rest) == 2:
		arn := "arn:aws:iam::" + account + ":user/" + rest[0]
		if keys := server.AccessKeys(arn); len(keys) != number(rest[1]) {
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
