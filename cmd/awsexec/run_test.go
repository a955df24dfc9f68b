package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/processfmt"
)

func TestSplitArgs(t *testing.T) {
	for _, tt := range []struct {
		args, own, child []string
		has              bool
	}{
		{nil, nil, nil, false},
		{[]string{"-p", "x"}, []string{"-p", "x"}, nil, false},
		{[]string{"--"}, nil, nil, true},
		{[]string{"-p", "x", "--", "a", "--", "-b"}, []string{"-p", "x"}, []string{"a", "--", "-b"}, true},
	} {
		own, child, has := splitArgs(tt.args)
		if !slices.Equal(own, tt.own) || !slices.Equal(child, tt.child) || has != tt.has {
			t.Errorf("splitArgs(%q) = %q, %q, %v", tt.args, own, child, has)
		}
	}
}

// What the parser of plain calls takes, the whole one takes for the same; and it takes what most calls are made of.
func TestParsePlain(t *testing.T) {
	words := []string{"-p", "work", "-pwork", "--profile=a=b", "--duration", "1h", "--region=", "--no-prompt", "--no-prompt=false", "--no-no-prompt", "--debug",
		"--refresh", "--no-session", "--keystore", "file", "-h", "--help", "--json", "list", "add", "", "-", "-pd", "--force"}
	plain := 0
	for i := range 700 {
		args := []string{words[i%len(words)]}
		for n := i / len(words); n > 0; n /= len(words) {
			args = append(args, words[n%len(words)])
		}
		got, err := parsePlain(args)
		if err != nil {
			continue
		}
		plain++
		var whole cli
		parser, err := kong.New(&whole)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.Parse(args)
		if err != nil || parsed.Selected().Target.Addr().Interface() != &whole.Print || fmt.Sprint(got) != fmt.Sprint(whole.flags) {
			t.Errorf("%q: plain %+v, whole %+v, %v", args, got, whole.flags, err)
		}
	}
	if plain < 100 {
		t.Errorf("%d calls are plain", plain)
	}
}

func TestUsage(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		args  []string
		parts []string
	}{
		{[]string{"terraform", "apply"}, []string{`error: "terraform" is no command of awsexec`, "hint: to run a program with credentials: awsexec -- terraform …"}},
		{[]string{"--"}, []string{"error: no program to run after --", "hint: awsexec [-p NAME] -- CMD [ARG…]"}},
		{[]string{"-p", "x", "--"}, []string{"no program to run after --"}},
		{[]string{"--", ""}, []string{"no program to run after --"}},
		{[]string{"list", "--", "x"}, []string{"only awsexec without a subcommand, and serve,"}},
		{[]string{"--nonsense"}, []string{"error: unknown flag --nonsense", "hint: awsexec --help"}},
		{[]string{"-p"}, []string{"error: --profile: missing value"}},
		{[]string{"--duration", "5x"}, []string{`--duration "5x" is no duration`}},
		{[]string{"--duration", "0"}, []string{`--duration "0" is no duration`}},
		{[]string{"--duration", "1.5s"}, []string{`--duration "1.5s" is no duration`}},
		{[]string{"--keystore", "cloud", "list"}, []string{`keystore "cloud" must be auto, keyring or file`}},
		{[]string{"export", "--format", "csh"}, []string{`format "csh" is none of process`}},
		{[]string{"remove"}, []string{"<name>", "hint: awsexec remove --help\n"}},
		{[]string{"list", "more"}, []string{"error: unexpected argument more\n", "hint: awsexec list --help\n"}},
		{[]string{"serve", "--listen"}, []string{"error: --listen: missing value\n", "hint: awsexec serve --help\n"}},
	} {
		w.refuse(exitUsage, "", tt.args, tt.parts...)
	}
	w.env["AWSEXEC_DURATION"] = "soon"
	w.refuse(exitUsage, "", nil, `AWSEXEC_DURATION "soon" is no duration`)
	w.env["AWSEXEC_DURATION"] = ""
	for text, want := range map[string]string{"soon": "is no duration", "-1": "is no duration", "25h": "is more than 24 hours"} {
		w.env["AWSEXEC_HOLD"] = text
		w.refuse(exitUsage, "", nil, fmt.Sprintf("AWSEXEC_HOLD %q %s", text, want))
	}
	w.env["AWSEXEC_HOLD"] = "off"
	w.env["AWSEXEC_NO_PROMPT"] = "maybe"
	w.refuse(exitUsage, "", nil, `AWSEXEC_NO_PROMPT "maybe" is neither true nor false`)
}

func TestHelp(t *testing.T) {
	w := newWorld(t)
	for _, args := range [][]string{{"--help"}, {"-h"}, {"add", "--help"}} {
		r := w.ok("", args...)
		if !strings.HasPrefix(r.out, "Usage: awsexec ") || r.err != "" {
			t.Errorf("%q printed %q, %q", args, r.out, r.err)
		}
	}
	if r := w.ok("", "version"); !strings.HasPrefix(r.out, "awsexec dev (") {
		t.Errorf("version printed %q", r.out)
	}
}

func TestProfileErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		config string
		args   []string
		code   int
		parts  []string
	}{
		"unknown":                    {"[profile world]\n", []string{"-p", "wrld"}, exitFailed, []string{`profile "wrld": not in the AWS files; nearest: "world"`, "hint: ", "awsexec add wrld"}},
		"unknown, like a stored one": {"", []string{"-p", "wrk"}, exitFailed, []string{`nearest: "work"`}},
		"unknown source, like a stored one": {"[profile r]\nrole_arn=r\nsource_profile=wrk\n", []string{"-p", "r"}, exitFailed,
			[]string{`profile "r": `, "config:3: source_profile: ", `profile "wrk": not in the AWS files; nearest: "work"`}},
		"no bracket":                {"[profile work\n", []string{"-p", "work"}, exitFailed, []string{".aws/config:1: "}},
		"duplicate":                 {"[profile work]\n[profile work]\n", []string{"-p", "work"}, exitFailed, []string{".aws/config:2: "}},
		"empty process":             {"[profile work]\ncredential_process =\n", []string{"-p", "work"}, exitFailed, []string{".aws/config:2: ", "credential_process"}},
		"cycle":                     {"[profile a]\nrole_arn=r\nsource_profile=b\n[profile b]\nrole_arn=r\nsource_profile=a\n", []string{"-p", "a"}, exitFailed, []string{"a → b → a"}},
		"short duration":            {"", []string{"-p", "work", "--duration", "5m"}, exitUsage, []string{"duration 5m is outside what GetSessionToken allows: 900 to 129600 seconds"}},
		"short duration in profile": {"[profile work]\nduration_seconds = 300\n", []string{"-p", "work"}, exitFailed, []string{"900 to 129600 seconds", "hint: change duration_seconds"}},
		"no key":                    {"[profile x]\nregion = y\n", []string{"-p", "x"}, exitFailed, []string{`profile "x": no access key in`, "hint: store its key: awsexec add x"}},
		"missing program":           {"", []string{"-p", "work", "--", "no-such-program"}, exitNotFound, []string{"no-such-program: not found"}},
		"directory":                 {"", []string{"-p", "work", "--", "/"}, exitNotRunnable, []string{"/ cannot be run"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.add("work")
			if tt.config != "" {
				w.write(".aws/config", tt.config)
			}
			w.refuse(tt.code, "", tt.args, tt.parts...)
		})
	}
}

// TestSourceInKeystoreAlone: a role's source need not be in an AWS file, be it next to the role or behind another one.
func TestSourceInKeystoreAlone(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	const one, two = "arn:aws:iam::123456789012:role/one", "arn:aws:iam::123456789012:role/two"
	for arn, trust := range map[string]string{one: aliceARN, two: one} {
		if err := w.server.AddRole(ststest.Role{ARN: arn, Trust: []string{trust}}); err != nil {
			t.Fatal(err)
		}
	}
	w.write(".aws/config", "[profile one]\nrole_arn = "+one+"\nsource_profile = work\n[profile two]\nrole_arn = "+two+"\nsource_profile = one\n")
	for _, name := range []string{"one", "two"} {
		if r := w.ok("", "whoami", "-p", name, "--unmasked"); !strings.Contains(r.out, ":assumed-role/"+name+"/") {
			t.Errorf("profile %s is\n%s", name, r.out)
		}
	}
	w.env["AWSEXEC_KEYSTORE"] = "keyring"
	w.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + w.home + "/none"
	w.refuse(exitFailed, "", []string{"-p", "one"}, `profile "work": not in the AWS files`)
}

func TestListRemoveClear(t *testing.T) {
	w := newWorld(t)
	if r := w.ok("", "list"); r.out != "" || !strings.Contains(r.err, "no keys are stored in ") {
		t.Errorf("an empty list printed %q, %q", r.out, r.err)
	}
	if r := w.ok("", "list", "--json"); r.out != "[]\n" {
		t.Errorf("an empty list printed %q", r.out)
	}
	w.add("work")
	w.add("other")
	w.write(".aws/config", "[profile work]\n")
	w.ok("", "-p", "work")
	want := "NAME    KEY         IN AWS CONFIG   SESSION\nother   AKIA…CE01   no              59m left\nwork    AKIA…CE01   yes             59m left\n"
	if r := w.ok("", "list"); r.out != want {
		t.Errorf("list printed\n%swant\n%s", r.out, want)
	}
	var rows []listed
	if err := json.Unmarshal([]byte(w.ok("", "list", "--json").out), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[1].Name != "work" || rows[1].AccessKeyID != "AKIA…CE01" || !rows[1].InConfig || time.Until(*rows[1].SessionExpires) > time.Hour {
		t.Errorf("list --json printed %+v", rows)
	}

	w.ok("", "clear", "work")
	w.ok("", "-p", "work")
	w.ok("", "clear")
	w.ok("", "-p", "work")
	if n := w.server.Calls("GetSessionToken"); n != 3 {
		t.Errorf("%d sessions were made, want 3", n)
	}
	w.refuse(exitFailed, "", []string{"clear", "none"}, `profile "none": not in the AWS files`)

	w.refuse(exitFailed, "", []string{"remove", "none", "--yes"}, "not found", "hint: see which keys there are: awsexec list")
	w.refuse(exitFailed, "", []string{"remove", "work"}, "prompts are switched off",
		"hint: to do it without being asked: awsexec remove work --yes\n")
	w.ok("", "remove", "work", "--yes")
	w.refuse(exitFailed, "", []string{"-p", "work"}, `profile "work": no access key`)
}

func TestWhoami(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	r := w.ok("", "whoami", "-p", "work")
	for _, part := range []string{"profile  work\n", "account  ********9012\n", "arn      arn:aws:iam::********9012:user/alice\n", "key      ASIA…", "(in 1h0m0s)"} {
		if !strings.Contains(r.out, part) {
			t.Errorf("whoami printed\n%swithout %q", r.out, part)
		}
	}
	var id identity
	if err := json.Unmarshal([]byte(w.ok("", "whoami", "-p", "work", "--json", "--unmasked").out), &id); err != nil {
		t.Fatal(err)
	}
	if id.ARN != "arn:aws:iam::123456789012:user/alice" || id.Account != "123456789012" || !strings.HasPrefix(id.AccessKeyID, "ASIA") {
		t.Errorf("whoami --json printed %+v", id)
	}
}

// Keys in the environment win over AWS_PROFILE, and lose to --profile.
func TestEnvironmentKeys(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	c, err := processfmt.Decode(strings.NewReader(w.ok("", "-p", "work").out))
	if err != nil {
		t.Fatal(err)
	}
	w.env["AWS_ACCESS_KEY_ID"], w.env["AWS_SECRET_ACCESS_KEY"], w.env["AWS_SESSION_TOKEN"] = c.AccessKeyID, c.SecretAccessKey, c.SessionToken
	before := w.server.Calls("GetSessionToken")
	for _, args := range [][]string{nil, {"-p", "work"}} {
		got, err := processfmt.Decode(strings.NewReader(w.ok("", args...).out))
		if err != nil || got.AccessKeyID != c.AccessKeyID {
			t.Errorf("%q gave %s, want %s", args, got.AccessKeyID, c.AccessKeyID)
		}
	}
	if w.server.Calls("GetSessionToken") != before {
		t.Error("a session was used for GetSessionToken")
	}
	w.env["AWS_SECRET_ACCESS_KEY"] = ""
	w.refuse(exitFailed, "", nil, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not")
}
