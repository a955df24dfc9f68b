package cli

import (
	"os/user"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/awsexec/awsexec/internal/profile"
)

// TestHomes: the AWS files are where the Go SDK has them, whatever HOME is; keys and
// sessions are not where the current directory happens to be.
func TestHomes(t *testing.T) {
	u, err := user.Current()
	if err != nil {
		t.Skip(err) // as in a container with the id of a user that it does not know
	}
	variable := "HOME"
	if runtime.GOOS == "windows" {
		variable = "USERPROFILE"
	}
	absolute := t.TempDir()
	for home, own := range map[string]string{absolute: absolute, "": u.HomeDir, "relative": u.HomeDir, "./x/..": u.HomeDir} {
		t.Run(home, func(t *testing.T) {
			t.Setenv(variable, home)
			got := findHomes()
			files := profile.DefaultFiles(func(string) string { return "" }, got.aws)
			if files.Config != config.DefaultSharedConfigFilename() || files.Credentials != config.DefaultSharedCredentialsFilename() {
				t.Errorf("the AWS files are %v; the SDK reads %s", files, config.DefaultSharedConfigFilename())
			}
			if got.own != own {
				t.Errorf("awsexec's own directories are in %q, want %q", got.own, own)
			}
		})
	}
}

// TestSettingsOfHomes: what is in which home.
func TestSettingsOfHomes(t *testing.T) {
	own := t.TempDir()
	d := deps{homes: homes{aws: "relative", own: own}, now: time.Now, environ: []string{"AWS_SHARED_CREDENTIALS_FILE=~/keys"}}
	s, err := newSettings(d, &flags{}, false, false)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join("relative", ".aws", "config"); s.Files.Config != want || filepath.ToSlash(s.Files.Credentials) != "relative/keys" {
		t.Errorf("the AWS files are %v", s.Files)
	}
	for _, dir := range []func() (string, error){s.DataDir, s.CacheDir} {
		path, err := dir()
		if err != nil || !isBelow(path, own) {
			t.Errorf("got %q, %v", path, err)
		}
	}
	s.Home = ""
	if path, err := s.DataDir(); err == nil {
		t.Errorf("without a home: got %q", path)
	}
}
