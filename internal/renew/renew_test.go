package renew

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/ststest"
)

const keys = "aws_access_key_id = AKIAIOSFODNN7ALICE01\naws_secret_access_key = " + ststest.Marker + "\n"

// request is one for a profile, with the user's files in a directory of their
// own.
func request(t *testing.T, name, config, credentials string) *Request {
	t.Helper()
	dir := t.TempDir()
	own := profile.Files{Config: filepath.Join(dir, "config"), Credentials: filepath.Join(dir, "credentials")}
	for path, text := range map[string]string{own.Config: config, own.Credentials: credentials} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	self := "/opt/bin/awsexec"
	vars := map[string]string{"AWS_CONFIG_FILE": own.Config, "AWS_SHARED_CREDENTIALS_FILE": own.Credentials}
	var environ []string
	for name, value := range vars {
		environ = append(environ, name+"="+value)
	}
	return &Request{
		Profile: name, Environ: environ, Env: func(name string) string { return vars[name] },
		Own: own, SDK: own, Dir: filepath.Join(dir, "refresh"),
		Self: self, Now: time.Now(),
		Command: func(name string, flags ...string) string {
			return profile.ProcessCommand(runtime.GOOS, append([]string{self, "--profile", name}, flags...)...)
		},
	}
}

// TestLead: a program's SDK calls awsexec for the profile, by the user's own
// files where they lead there, and else by private ones.
func TestLead(t *testing.T) {
	direct := "[profile work]\ncredential_process = /opt/bin/awsexec --profile work\n"
	for name, tt := range map[string]struct {
		profile, config, credentials string
		flags                        []string
		process                      string // in a config file of the program's own; "" is none
		credentialsFile              bool
	}{
		"the user's files lead here":   {"work", direct, "", nil, "", false},
		"by another command":           {"work", "[profile work]\ncredential_process = awsexec -p work\n", "", nil, "/opt/bin/awsexec --profile work", false},
		"with other flags":             {"work", direct, "", []string{"--duration", "1h"}, "/opt/bin/awsexec --profile work --duration 1h", false},
		"in the keystore alone":        {"work", "", "", nil, "/opt/bin/awsexec --profile work", false},
		"a role":                       {"role", "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = work\n[profile work]\n", "", nil, "/opt/bin/awsexec --profile role", false},
		"keys in the credentials file": {"work", direct, "[work]\n" + keys, nil, "/opt/bin/awsexec --profile work", true},
		"keys of another profile":      {"work", "", "[other]\n" + keys, nil, "/opt/bin/awsexec --profile work", false},
		"keys in the config file":      {"work", "[profile other]\n" + keys, "", nil, "/opt/bin/awsexec --profile work", false},
		"the default profile":          {"default", "[default]\nregion = eu-west-1\n", "", nil, "/opt/bin/awsexec --profile default", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(t, tt.profile, tt.config, tt.credentials)
			r.Region, r.Flags = "eu-west-2", tt.flags
			way, lost, err := r.Lead(t.Context())
			if err != nil || len(lost) != 0 {
				t.Fatalf("%v, lost are %v", err, lost)
			}
			if way.Profile != tt.profile || way.Region != "eu-west-2" || (way.ConfigFile != "") != (tt.process != "") || (way.CredentialsFile != "") != tt.credentialsFile {
				t.Errorf("%+v", way)
			}
			for _, path := range []string{way.ConfigFile, way.CredentialsFile} {
				if path == "" {
					continue
				}
				data, err := os.ReadFile(path)
				if err != nil || strings.Contains(string(data), ststest.Marker) {
					t.Errorf("%s: %v, or a secret in it", path, err)
				}
				if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
					t.Errorf("%v %v", info.Mode(), err)
				}
				if path == way.ConfigFile && !strings.Contains(string(data), "\ncredential_process = "+tt.process+"\n") {
					t.Errorf("the program's config file has not %q but\n%s", tt.process, data)
				}
			}
		})
	}
}

// TestLeadBySameProgram: another path of this very program will do, and another
// program will not.
func TestLeadBySameProgram(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"awsexec", "other"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "awsexec"), filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	for name, want := range map[string]bool{"awsexec": true, "link": true, "other": false, "none": false} {
		r := &Request{Self: filepath.Join(dir, "awsexec")}
		command := profile.ProcessCommand(runtime.GOOS, r.Self, "--profile", "work")
		process := profile.ProcessCommand(runtime.GOOS, filepath.Join(dir, name), "--profile", "work")
		if got := r.same(process, command); got != want {
			t.Errorf("%s: %t", process, got)
		}
	}
}

// TestLeadLost: clients that cannot read the name of the profile are named;
// others get their credentials.
func TestLeadLost(t *testing.T) {
	way, lost, err := request(t, "my own", "", "").Lead(t.Context())
	var clients []explain.Client
	for _, result := range lost {
		clients = append(clients, result.Client)
	}
	if err != nil || way.ConfigFile == "" || !slices.Equal(clients, []explain.Client{explain.GoSDK, explain.JSSDK, explain.CDK}) {
		t.Errorf("%+v, lost are %q, %v", way, clients, err)
	}
}

// TestLeadOfInvalidFiles: what cannot be read is not copied.
func TestLeadOfInvalidFiles(t *testing.T) {
	r := request(t, "work", "[profile work\n", "")
	if _, _, err := r.Lead(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "--refresh: ") {
		t.Error(err)
	}
	if _, err := os.Stat(r.Dir); err == nil {
		t.Error("a copy was made")
	}
}

// TestServedFiles: a program under serve has the settings of its profile, no
// credentials, and nothing of others; all of it goes at the end.
func TestServedFiles(t *testing.T) {
	r := request(t, "work", "[profile work]\nregion = eu-west-1\ncli_history = enabled\n"+keys+"[profile other]\n"+keys, "[work]\n"+keys)
	config, err := profile.ReadFiles(r.Own)
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	files, remove, err := ServedFiles(t.Context(), temp, r.Own, config, "work", ststest.Marker+"token", false, r.Now)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, path := range []string{files.AWS.Config, files.AWS.Credentials} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	for part, want := range map[string]bool{"[default]\ncli_history = enabled\n\n[profile work]\ncli_history = enabled\nregion = eu-west-1\n": true, "other": false, "AKIA": false, ststest.Marker: false} {
		if strings.Contains(all.String(), part) != want {
			t.Errorf("%q is there: %t; the files hold\n%s", part, !want, &all)
		}
	}
	token, err := os.ReadFile(files.Token)
	if err != nil || string(token) != ststest.Marker+"token" {
		t.Errorf("the file of the token holds %q, %v", token, err)
	}
	if info, err := os.Stat(files.Token); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	remove()
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}
