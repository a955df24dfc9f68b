//go:build unix

package script

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/awsexec/awsexec/internal/fenced"
)

const root = "../.."

// other is how a block of a page is tested that no script runs.
type other struct {
	in     string // DIRECTORY TEST; "" for no test at all
	reason string // why there is no test
}

// others are the blocks that no script runs, by their places; a page stands for all
// of its blocks.
var others = map[string]other{
	"README.md#Install#1":                      {in: "internal/script TestInstall"},
	"README.md#Install#2":                      {in: "internal/script TestInstall"},
	"docs/verify.md#Is the file complete?#1":   {in: "internal/ci TestPackages"},
	"docs/verify.md#Is it ours?#1":             {reason: "only a release is signed; the page says so"},
	"docs/verify.md#Is it ours?#2":             {reason: "only a release has a provenance; the page says so"},
	"docs/verify.md#Build the same bytes#1":    {in: "internal/ci TestPackages"},
	"docs/install.md#Nix#1":                    {reason: "the tests have no Nix; the page says so"},
	"docs/install.md#mise and asdf#1":          {reason: "the tests have no mise; the page says so"},
	"docs/install.md#mise and asdf#2":          {reason: "the tests have no asdf; the page says so"},
	"docs/install.md#Completions#1":            {in: "internal/e2e TestCompletion"},
	"docs/install.md#Container#1":              {reason: "the tests have no container engine; the page says so"},
	"README.md#awsexec#1":                      {reason: "a drawing"},
	"docs/concepts.md#Concepts#1":              {reason: "a drawing"},
	"docs/recipes.md":                          {in: "internal/e2e TestRecipes"},
	"docs/shell.md#The prompt#1":               {in: "internal/e2e TestShellPrompts"},
	"docs/shell.md#The prompt#2":               {in: "internal/e2e TestShellPrompts"},
	"docs/shell.md#The prompt#3":               {in: "internal/e2e TestShellPrompts"},
	"docs/shell.md#The prompt#4":               {reason: "Starship is not installed for the tests; the page says so"},
	"docs/kubernetes.md":                       {in: "internal/e2e TestEKSTokenInKubectl"},
	"docs/agents.md#What this does not do#1":   {reason: "the tests have no second user; it was tried by hand"},
	"docs/serve.md#Containers#2":               {in: "internal/script TestScripts"},
	"docs/serve.md#Containers#3":               {reason: "the tests have no container engine; the page says so"},
	"docs/serve.md#Containers#4":               {reason: "the tests have no container engine; the page says so"},
	"docs/ssh.md":                              {in: "internal/e2e TestSSH"},
	"docs/performance.md#Figures#1":            {reason: "a measurement, with its date"},
	"README.md#First key#1":                    {in: "internal/e2e TestReadme"},
	"README.md#First key#2":                    {in: "internal/e2e TestReadme"},
	"docs/helpers.md#pass#1":                   {reason: "it installs packages and makes a key of gpg; internal/helper TestPass does the rest"},
	"docs/reliability.md":                      {reason: "takes minutes"},
	"docs/performance.md#How it is measured#1": {reason: "takes minutes"},
}

// languages are those that a block may have. "text" is output.
var languages = []string{"sh", "text", "ini", "json", "python", "js", "hcl", "yaml", "toml", "bash", "zsh", "fish"}

// Every block of README.md and docs/*.md is run by a script, as "block" takes it, or
// by another test, or it is known why not.
func TestBlocks(t *testing.T) {
	run := map[string]bool{}
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	line := regexp.MustCompile(`(?m)^(?:\[\w+\] )?block (\S+) (?:'([^']+)'|(\S+)) (\d+)`)
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range line.FindAllStringSubmatch(string(text), -1) {
			run[fmt.Sprintf("%s#%s%s#%s", m[1], m[2], m[3], m[4])] = true
		}
	}
	used := map[string]bool{}
	pages, err := fenced.Pages(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		blocks, err := fenced.Blocks(root, page)
		if err != nil {
			t.Error(err)
		}
		for _, b := range blocks {
			readable(t, b)
			o, known := others[b.Place()]
			if p, ok := others[page]; ok {
				o, known = p, true
				used[page] = true
			}
			used[b.Place()] = true
			if run[b.Place()] == known {
				t.Errorf("%s:%d: the block %q must be in a script or in the table of other tests, and not in both", page, b.Line, b.Place())
			}
			if dir, name, ok := strings.Cut(o.in, " "); known && (ok == (o.reason != "") || ok && !isTest(dir, name)) {
				t.Errorf("%s: neither a test %q nor a reason", b.Place(), o.in)
			}
		}
	}
	for place := range others {
		if !used[place] {
			t.Errorf("no page has %s", place)
		}
	}
}

// isTest reports whether the package in dir has a test called name.
func isTest(dir, name string) bool {
	return exec.Command("grep", "-rqs", "--include=*_test.go", "^func "+name+"(t ", filepath.Join(root, dir)).Run() == nil
}

// readable checks that b is text of its language, and that what it runs of this
// repository is there.
func readable(t *testing.T, b fenced.Block) {
	t.Helper()
	if !slices.Contains(languages, b.Language) {
		t.Errorf("%s:%d: a block of %q", b.Page, b.Line, b.Language)
	}
	var err error
	switch text := b.Text; b.Language {
	case "json":
		if !strings.HasPrefix(text, "{") { // a part of an object
			text = "{" + text + "}"
		}
		err = json.Unmarshal([]byte(text), new(map[string]any))
	case "sh", "bash":
		err = exec.Command("bash", "-nc", text).Run()
	}
	if err != nil {
		t.Errorf("%s:%d: not %s: %v", b.Page, b.Line, b.Language, err)
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^make ([a-z-]+)`).FindAllStringSubmatch(b.Text, -1) {
		if !strings.Contains(string(makefile), "\n"+m[1]+":") {
			t.Errorf("%s:%d: there is no make %s", b.Page, b.Line, m[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^(?:[A-Z_]+=\S+ )*go (?:test|run) .*?(\./\S+)`).FindAllStringSubmatch(b.Text, -1) {
		if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
			t.Errorf("%s:%d: %v", b.Page, b.Line, err)
		}
		if name := regexp.MustCompile(`-run '?(Test\w+)`).FindStringSubmatch(b.Text); name != nil && !isTest(m[1], name[1]) {
			t.Errorf("%s:%d: there is no test %s", b.Page, b.Line, name[1])
		}
	}
}

// block is the command block: it takes a block from a page as it stands. Without
// FILE, the block is added to the file in the home that its first line names.
func block(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: block PAGE HEADING N [FILE]")
	}
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	b := findBlock(ts, args[0], args[1], n)
	text := strings.ReplaceAll(b.Text, "/usr/local/bin/awsexec", ts.Getenv("BIN")+"/awsexec")
	if len(args) == 4 {
		ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(text), 0o600))
		return
	}
	if b.File() == "" {
		ts.Fatalf("%s names no file", b.Place())
	}
	path := filepath.Join(ts.Getenv("HOME"), filepath.FromSlash(b.File()))
	old, _ := os.ReadFile(path)
	ts.Check(os.WriteFile(path, append(old, text...), 0o600))
}

func findBlock(t interface{ Fatalf(string, ...any) }, page, heading string, n int) fenced.Block {
	blocks, err := fenced.Blocks(root, page)
	if err != nil {
		t.Fatalf("%v", err)
	}
	for _, b := range blocks {
		if b.Heading == heading && b.N == n {
			return b
		}
	}
	t.Fatalf("%s has no block %d below %q", page, n, heading)
	return fenced.Block{}
}

// program is the command program: it makes programs that use an AWS SDK, in the
// directory tools of the PATH; those called ./NAME in the current directory.
func program(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: program NAME…")
	}
	tools := ts.MkAbs("tools")
	ts.Check(os.MkdirAll(tools, 0o700))
	ts.Setenv("PATH", tools+string(filepath.ListSeparator)+ts.Getenv("PATH"))
	for _, name := range args {
		path := filepath.Join(tools, name)
		if here, ok := strings.CutPrefix(name, "./"); ok {
			path = ts.MkAbs(here)
		}
		ts.Check(os.WriteFile(path, []byte("#!/bin/sh\nexec sdkclient "+name+` "$@"`+"\n"), 0o700))
	}
}

// sdkClient is a program that uses an AWS SDK. Called as aws it prints what the AWS
// CLI does for "sts get-caller-identity"; otherwise its name and its ARN.
func sdkClient() {
	ctx := context.Background()
	name, args := os.Args[1], os.Args[2:]
	var options []func(*config.LoadOptions) error
	if i := slices.Index(args, "--profile"); i >= 0 {
		options = append(options, config.WithSharedConfigProfile(args[i+1]))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err == nil {
		var out *sts.GetCallerIdentityOutput
		if out, err = sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil); err == nil && name == "aws" {
			fmt.Printf("{\n    \"UserId\": %q,\n    \"Account\": %q,\n    \"Arn\": %q\n}\n", aws.ToString(out.UserId), aws.ToString(out.Account), aws.ToString(out.Arn))
		} else if err == nil {
			fmt.Println(name, "is", aws.ToString(out.Arn))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
