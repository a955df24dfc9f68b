package caller

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestNameOf(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a path does not begin with a slash here")
	}
	for line, want := range map[string]string{
		"/usr/bin/terraform apply":                       "terraform",
		"/usr/bin/python3.11 /usr/bin/aws s3 ls":         "aws",
		"/usr/bin/python3 -W ignore -m awscli s3":        "awscli",
		"/usr/bin/python3 -c import":                     "python3",
		"/usr/bin/python3 -":                             "python3",
		"/usr/bin/python3":                               "python3",
		"/usr/bin/node --require ./x.js /opt/cdk deploy": "cdk",
		"/usr/bin/node --import=x /opt/cdk":              "cdk",
		"/usr/bin/node -e code":                          "node",
		"/usr/bin/bun run build.ts":                      "build.ts",
		"/usr/bin/ruby3.1 -I lib bin/app.rb":             "app.rb",
		"/usr/bin/perl -w script.pl":                     "script.pl",
		"/usr/bin/java -cp a.jar -Xmx1g com.example.App": "com.example.App",
		"/usr/bin/java -jar /opt/app.jar x":              "app.jar",
		"/bin/bash deploy.sh":                            "deploy.sh",
		"/bin/bash -euo pipefail deploy.sh":              "deploy.sh",
		"/bin/bash /dev/fd/63":                           "bash",
		"/usr/bin/python3 /dev/stdin":                    "python3",
		"/bin/sh -c aws":                                 "sh",
		"/bin/bash":                                      "bash",
		"/bin/busybox ls":                                "/bin/busybox",
	} {
		args := strings.Fields(line)
		if want == args[0] { // the name is that of the first argument
			want = "busybox"
		}
		if got := NameOf(args[0], args); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestShells(t *testing.T) {
	for line, want := range map[string]struct {
		name             string
		typed, commanded bool
	}{
		"sh -c x":               {"sh", false, true},
		"bash -lc x":            {"bash", false, true},
		"bash -euo pipefail -c": {"bash", false, true},
		"zsh -il":               {"zsh", true, false},
		"-bash":                 {"bash", true, false},
		"sh -s arg":             {"sh", true, false},
		"fish -C x":             {"fish", true, false},
		"pwsh -Command x":       {"pwsh", false, true},
		"pwsh -File x.ps1":      {"x.ps1", false, false},
		"cmd /C x":              {"cmd", false, true},
		"bash --norc x.sh":      {"x.sh", false, false},
	} {
		args := strings.Fields(line)
		file := strings.TrimPrefix(args[0], "-")
		if name, typed, commanded := nameOf(file, args); name != want.name || typed != want.typed || commanded != want.commanded {
			t.Errorf("%s: %q %t %t", line, name, typed, commanded)
		}
	}
}

// TestMain prints what this package finds above it, if it runs as a child.
func TestMain(m *testing.M) {
	if os.Getenv("CALLER_TEST_CHILD") != "" {
		var names []string
		for _, p := range Chain() {
			names = append(names, p.Name)
		}
		os.Stdout.WriteString(Find().Name + " " + strings.Join(names, ","))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestAbove: a script is the program, a shell between it and awsexec is not.
func TestAbove(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("no shell")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "deploy.sh")
	text := "#!" + sh + "\n" + sh + ` -c "'` + self + `'; :"; :` + "\n"
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(script)
	cmd.Env = append(os.Environ(), "CALLER_TEST_CHILD=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	found, chain, _ := strings.Cut(string(out), " ")
	if found != "deploy.sh" || !strings.HasPrefix(chain, "deploy.sh,"+base(self)) {
		t.Errorf("found %q, chain %q", found, chain)
	}
}

// BenchmarkFind measures what the name of the caller adds to each call.
func BenchmarkFind(b *testing.B) {
	for b.Loop() {
		Find()
	}
}
