package session

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/profile"
)

// A program gets the settings of its profile, and the region that counts: the
// flag's, that of the user's environment, or the profile's. What an awsexec around
// this one has set counts only if it is passed on.
func TestVariables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte("[default]\nregion = d\n[profile work]\nregion = w\nmax_attempts = 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	outer := []string{"AWS_REGION=o", "AWS_DEFAULT_REGION=o", "AWS_ENDPOINT_URL=http://o", "AWS_MAX_ATTEMPTS=9"}
	for _, tt := range []struct {
		name      string
		flag      string
		environ   []string
		inherited []string
		named     string
		region    string
		settings  string
	}{
		{"the profile's", "", nil, nil, "work", "", "AWS_MAX_ATTEMPTS=2 AWS_REGION=w AWS_DEFAULT_REGION=w"},
		{"the environment's", "", []string{"AWS_DEFAULT_REGION=e"}, nil, "work", "e", "AWS_MAX_ATTEMPTS=2"},
		{"the flag's", "f", []string{"AWS_REGION=e"}, nil, "work", "", "AWS_MAX_ATTEMPTS=2 AWS_REGION=f AWS_DEFAULT_REGION=f"},
		{"another profile inside", "", outer, outer, "work", "", "AWS_MAX_ATTEMPTS=2 AWS_REGION=w AWS_DEFAULT_REGION=w"},
		{"the user's inside", "", []string{"AWS_REGION=e", "AWS_MAX_ATTEMPTS=9"}, []string{"AWS_MAX_ATTEMPTS=9"}, "work", "e", "AWS_MAX_ATTEMPTS=2"},
		{"passed on", "", outer, outer, "", "", "AWS_ENDPOINT_URL=http://o AWS_MAX_ATTEMPTS=9 AWS_REGION=o AWS_DEFAULT_REGION=o"},
		{"passed on with a flag", "f", outer, outer, "", "", "AWS_ENDPOINT_URL=http://o AWS_MAX_ATTEMPTS=9 AWS_REGION=f AWS_DEFAULT_REGION=f"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &Settings{Environ: tt.environ, Profile: tt.named, Region: tt.flag, Files: profile.Files{Config: path}, Now: time.Now}
			for _, kv := range tt.inherited {
				name, value, _ := strings.Cut(kv, "=")
				s.Inherited = append(s.Inherited, [2]string{name, value})
			}
			config, err := profile.ReadFiles(s.Files)
			if err != nil {
				t.Fatal(err)
			}
			p, err := config.Profile(s.SelectedName())
			if err != nil {
				t.Fatal(err)
			}
			region, pairs := (&Session{settings: s}).Variables(p)
			var settings []string
			for _, kv := range pairs {
				settings = append(settings, kv[0]+"="+kv[1])
			}
			if region != tt.region || strings.Join(settings, " ") != tt.settings {
				t.Errorf("got %q and\n%s\nwant %q and\n%s", region, strings.Join(settings, " "), tt.region, tt.settings)
			}
			helper := s.HelperEnviron(nil)
			if has := slices.Contains(helper, "AWS_ENDPOINT_URL=http://o"); has != (tt.inherited != nil && tt.named == "") {
				t.Errorf("a helper has the outer endpoint: %t", has)
			}
		})
	}
}
