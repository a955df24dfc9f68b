package main

import (
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
)

func TestPassphrase(t *testing.T) {
	w := newWorld(t)
	w.env["AWSEXEC_NEW_PASSPHRASE"] = ststest.Marker + "new"
	w.refuse(exitFailed, "", []string{"passphrase"}, "keystore.age does not exist yet", "hint: ")
	w.add("work")
	before := w.read("data/awsexec/keystore.age")

	old := w.env["AWSEXEC_PASSPHRASE"]
	w.env["AWSEXEC_PASSPHRASE"] = ststest.Marker + "wrong"
	w.refuse(exitFailed, "", []string{"passphrase"}, "wrong passphrase", "hint: ")
	w.env["AWSEXEC_PASSPHRASE"] = old
	delete(w.env, "AWSEXEC_NEW_PASSPHRASE")
	w.refuse(exitFailed, "", []string{"passphrase"}, "new passphrase: prompts are switched off", "hint: set AWSEXEC_NEW_PASSPHRASE")
	if w.read("data/awsexec/keystore.age") != before {
		t.Error("the file was changed")
	}

	w.env["AWSEXEC_NEW_PASSPHRASE"] = ststest.Marker + "new"
	if r := w.ok("", "passphrase"); !strings.Contains(r.err, "is changed") {
		t.Errorf("said %q", r.err)
	}
	w.refuse(exitFailed, "", []string{"-p", "work"}, "wrong passphrase")
	w.env["AWSEXEC_PASSPHRASE"] = ststest.Marker + "new"
	w.ok("", "-p", "work")
}

// What a call costs in rounds of scrypt, each about a second.
func TestScryptRounds(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name, stdin string
		args        []string
		want        int
	}{
		{"first add", aliceID + "\n" + aliceSecret, []string{"add", "work", "--stdin"}, 1},
		{"second add", aliceID + "\n" + aliceSecret, []string{"add", "other", "--stdin"}, 2},
		{"cold print", "", []string{"-p", "work"}, 1},
		{"warm print", "", []string{"-p", "work"}, 1},
		{"list", "", []string{"list"}, 0},
		{"doctor", "", []string{"doctor", "-p", "work"}, 0},
		{"remove", "", []string{"remove", "other", "--yes"}, 2},
		{"passphrase", "", []string{"passphrase"}, 2},
	} {
		w.env["AWSEXEC_NEW_PASSPHRASE"] = w.env["AWSEXEC_PASSPHRASE"]
		r := w.run(tt.stdin, append(tt.args, "--debug")...)
		if got := strings.Count(r.err, "debug: scrypt: "); got != tt.want || r.code == exitFailed {
			t.Errorf("%s: %d rounds, want %d; exit code %d\n%s", tt.name, got, tt.want, r.code, r.err)
		}
	}
}
