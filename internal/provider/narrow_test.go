package provider

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/ststest"
)

var readOnly = []policy.Request{{Set: policy.Set{ARNs: []string{policy.ReadOnly}}, By: "--read-only"}}

const onlyLogs = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}`

// may returns which of three actions a session may do: to read, to write, to log.
func may(server *ststest.Server, c aws.Credentials) string {
	text := ""
	for _, action := range []string{"s3:GetObject", "s3:PutObject", "logs:PutLogEvents"} {
		if server.Allows(c.AccessKeyID, action, "arn:aws:s3:::b/k") {
			text += action[strings.IndexByte(action, ':')+1:] + " "
		}
	}
	return text
}

const all, reads, logs = "GetObject PutObject PutLogEvents ", "GetObject ", "PutLogEvents "

func longer(p *profile.Profile, d time.Duration) *profile.Profile { p.Duration = d; return p }

func TestNarrowed(t *testing.T) {
	document := []policy.Request{{Set: policy.Set{Document: onlyLogs}, By: "--policy"}}
	key := aws.Credentials{AccessKeyID: aliceID, SecretAccessKey: secret}
	for name, test := range map[string]struct {
		p     *profile.Profile
		flags Flags
		may   string
		calls string
	}{
		"key":                     {p: work(), flags: Flags{Policies: readOnly}, may: reads, calls: "GetFederationToken"},
		"key, a policy":           {p: work(), flags: Flags{Policies: document}, may: logs, calls: "GetFederationToken"},
		"key, 36 hours":           {p: work(), flags: Flags{Policies: document, Duration: 36 * time.Hour}, may: logs, calls: "GetFederationToken"},
		"key in a file":           {p: &profile.Profile{Name: "file", Static: &profile.StaticKeys{Credentials: key}}, flags: Flags{Policies: readOnly}, may: reads, calls: "GetFederationToken"},
		"key of a process":        {p: &profile.Profile{Name: "tool", CredentialProcess: "tool"}, flags: Flags{Policies: readOnly}, may: reads, calls: "GetFederationToken"},
		"role":                    {p: one(), flags: Flags{Policies: readOnly}, may: reads, calls: "AssumeRole"},
		"role of a role":          {p: two(), flags: Flags{Policies: readOnly}, may: reads, calls: "AssumeRole"},
		"role of 2 hours":         {p: longer(one(), 2*time.Hour), flags: Flags{Policies: readOnly}, may: reads, calls: "AssumeRole"},
		"role without a session":  {p: one(), flags: Flags{Policies: readOnly, NoSession: true}, may: reads, calls: "AssumeRole"},
		"by the profile":          {p: &profile.Profile{Name: "work", Policies: policy.Written{ReadOnly: true}}, may: reads, calls: "GetFederationToken"},
		"by both":                 {p: &profile.Profile{Name: "work", Policies: policy.Written{ReadOnly: true}}, flags: Flags{Policies: readOnly}, may: reads, calls: "GetFederationToken"},
		"by its own process":      {p: &profile.Profile{Name: "work", ProcessPolicies: policy.Written{ARNs: []string{policy.ReadOnly}}}, may: reads, calls: "GetFederationToken"},
		"the source's own policy": {p: &profile.Profile{Name: "one", RoleARN: roleOne, SourceProfile: "work", Source: &profile.Profile{Name: "work", Policies: policy.Written{ReadOnly: true}}}, may: all, calls: "AssumeRole"},
		"nothing":                 {p: work(), may: all, calls: "GetSessionToken"},
	} {
		server, o := roles(t)
		o.Flags = test.flags
		o.Helper = &helper{code: noCode, process: func(context.Context, string, []string) (aws.Credentials, error) { return key, nil }}
		from, err := New(t.Context(), test.p, o.Parts, o.Flags)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c, err := from.Retrieve(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		last := server.Requests()[len(server.Requests())-1].Action
		if got := may(server, c); got != test.may || last != test.calls {
			t.Errorf("%s: may %s, by %s", name, got, last)
		}
		if told := !PoliciesOf(from).IsZero(); told != (test.may != all) {
			t.Errorf("%s: told to be narrowed: %t", name, told)
		}
		if test.calls == "GetFederationToken" && c.AccountID != "123456789012" {
			t.Errorf("%s: account %q", name, c.AccountID)
		}
		want := test.flags.Duration
		if want == 0 {
			want = max(test.p.Duration, time.Hour)
		}
		if life := time.Until(c.Expires).Round(time.Minute); life != want {
			t.Errorf("%s: lives for %s", name, life)
		}
	}
}

// What AWS cannot narrow is refused, and no credentials come out.
func TestNotNarrowed(t *testing.T) {
	server, o := roles(t)
	user, err := retrieve(t, work(), o)
	if err != nil {
		t.Fatal(err)
	}
	inFile := &profile.Profile{Name: "file", Static: &profile.StaticKeys{Credentials: user}}
	mfa := &profile.Profile{Name: "work", MFASerial: device}
	tool := &profile.Profile{Name: "tool", CredentialProcess: "tool"}
	toolMFA := &profile.Profile{Name: "tool", CredentialProcess: "tool", MFASerial: device}
	for name, test := range map[string]struct {
		p       *profile.Profile
		flags   Flags
		process aws.Credentials
		env     map[string]string
		kind    Kind
		mfa     bool
		itself  bool
	}{
		"session in a file":    {p: inFile, kind: FileSession},
		"session of a process": {p: tool, process: user, kind: Process},
		"with MFA":             {p: mfa, kind: StoredKey, mfa: true},
		"process with MFA":     {p: toolMFA, process: aws.Credentials{AccessKeyID: aliceID, SecretAccessKey: secret}, kind: Process, mfa: true},
		"the key itself":       {p: work(), flags: Flags{NoSession: true}, kind: StoredKey, itself: true},
		"of a process itself":  {p: tool, process: aws.Credentials{AccessKeyID: aliceID, SecretAccessKey: secret}, flags: Flags{NoSession: true}, kind: Process, itself: true},
		"identity center": {p: &profile.Profile{Name: "sso", SSO: &profile.SSO{StartURL: "https://x.example/start", Region: "eu-west-1", AccountID: "1", RoleName: "x"}},
			kind: SSO},
		"aws login":   {p: &profile.Profile{Name: "login", LoginSession: "arn:aws:iam::1:user/x"}, kind: Login},
		"container":   {p: &profile.Profile{Name: "bare"}, env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/"}, kind: Container},
		"environment": {p: work(), env: map[string]string{"AWS_ACCESS_KEY_ID": user.AccessKeyID, "AWS_SECRET_ACCESS_KEY": user.SecretAccessKey, "AWS_SESSION_TOKEN": user.SessionToken}, kind: EnvironmentSession},
	} {
		for _, byProfile := range []bool{false, true} {
			p, flags := *test.p, test.flags
			if byProfile {
				p.Policies.ReadOnly = true
			} else {
				flags.Policies = readOnly
			}
			o := options(t, server)
			o.Env = func(name string) string { return test.env[name] }
			o.Helper = &helper{code: noCode, process: func(context.Context, string, []string) (aws.Credentials, error) { return test.process, nil }}
			o.Flags = flags
			c, err := retrieve(t, &p, o)
			refused, ok := errors.AsType[*NotNarrowedError](err)
			if !ok || refused.Kind != test.kind || refused.MFA != test.mfa || refused.Itself != test.itself || c.AccessKeyID != "" {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if server.Calls("GetFederationToken") != 0 {
		t.Error("AWS was asked")
	}
}

// Sessions with other policies are others, in one cache, in whatever order they are
// asked for, and no file of one serves as that of another.
func TestNarrowedApart(t *testing.T) {
	server, o := roles(t)
	dir := t.TempDir()
	o.Cache = newTestCache(dir)
	flags := map[string]Flags{
		all:   {},
		reads: {Policies: readOnly},
		logs:  {Policies: []policy.Request{{Set: policy.Set{Document: onlyLogs}}}},
	}
	made := map[string]string{}
	for round := range 3 {
		for _, p := range []*profile.Profile{work(), one(), two(), longer(one(), 2*time.Hour)} {
			for _, want := range [][]string{{all, reads, logs}, {logs, reads, all}, {reads, all, logs}}[round] {
				o.Flags = flags[want]
				c, err := retrieve(t, p, o)
				if err != nil {
					t.Fatal(err)
				}
				id := fmt.Sprint(p.Name, p.Duration, want)
				if got := may(server, c); got != want {
					t.Errorf("%s: may %s", id, got)
				}
				if round > 0 && made[id] != c.AccessKeyID {
					t.Errorf("%s: made again", id)
				}
				made[id] = c.AccessKeyID
			}
		}
	}
	distinct := map[string]bool{}
	for _, id := range made {
		distinct[id] = true
	}
	if len(distinct) != 12 {
		t.Errorf("%d sessions for 12 calls", len(distinct))
	}

	// Each file in the place of each other one does not open.
	files, err := filepath.Glob(filepath.Join(dir, "sessions", "*", "*"))
	if err != nil || len(files) != 12 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	contents := map[string][]byte{}
	for _, f := range files {
		if contents[f], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	for shift := 1; shift < len(files); shift++ {
		for i, f := range files {
			if err := os.WriteFile(f, contents[files[(i+shift)%len(files)]], 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range []string{all, reads, logs} {
			o.Flags = flags[want]
			if c, err := retrieve(t, work(), o); err != nil || may(server, c) != want {
				t.Fatalf("files moved by %d: may %s, want %s, %v", shift, may(server, c), want, err)
			}
		}
	}
}

// A session that is renewed again and again is always as narrow.
func TestNarrowedRenewals(t *testing.T) {
	for name, p := range map[string]*profile.Profile{"key": work(), "role": one()} {
		server, o := roles(t)
		now := time.Now()
		o.Now = func() time.Time { return now } // AWS's own clock stays: sessions renew by this machine's
		o.Flags.Policies = readOnly
		ids := map[string]bool{}
		for range 101 {
			c, err := retrieve(t, p, o)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := may(server, c); got != reads {
				t.Fatalf("%s: may %s", name, got)
			}
			ids[c.AccessKeyID] = true
			now = now.Add(50 * time.Minute)
		}
		if len(ids) != 101 {
			t.Errorf("%s: %d sessions", name, len(ids))
		}
		if calls := server.Calls("AssumeRole") + server.Calls("GetFederationToken"); calls != 101 {
			t.Errorf("%s: %d calls", name, calls)
		}
	}
}

// resolved returns a profile of a config file, and a world for it.
func resolvedIn(t *testing.T, server *ststest.Server, config, name string) (*profile.Profile, world, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	write(t, file, config)
	files, err := profile.ReadFiles(profile.Files{Config: file})
	if err != nil {
		t.Fatal(err)
	}
	p, err := files.Profile(name)
	o := options(t, server)
	o.Home = filepath.Dir(file)
	o.Explicit = true
	return p, o, err
}

// The policies of all profiles count whose credentials come out. Different ones are
// refused.
func TestNarrowedByProfiles(t *testing.T) {
	server, _ := roles(t)
	const chain = "[profile agent]\ncredential_process = awsexec --profile work --read-only\n[profile alias]\ncredential_process = awsexec -p agent\n" +
		"[profile logs]\ncredential_process = awsexec -p work\nawsexec_policy = ~/logs.json\n[profile both]\ncredential_process = awsexec -p agent\nawsexec_policy = ~/logs.json\n" +
		"[profile over]\nrole_arn = " + roleOne + "\nsource_profile = agent\n" +
		"[profile lost]\ncredential_process = awsexec -p work\nawsexec_policy = ~/lost.json\n" +
		"[profile far]\ncredential_process = awsexec -p work\nawsexec_policy_arns = arn:aws-cn:iam::aws:policy/ReadOnlyAccess\n" +
		"[profile flags]\ncredential_process = awsexec -p work --policy '" + onlyLogs + "'\n" +
		"[profile arns]\ncredential_process = awsexec -p work --policy-arn ReadOnlyAccess\n"
	for _, test := range []struct {
		name, may, refused string
	}{
		{name: "agent", may: reads},
		{name: "alias", may: reads},
		{name: "logs", may: logs},
		{name: "over", may: all},
		{name: "flags", may: logs},
		{name: "arns", may: reads},
		{name: "both", refused: "asks for ReadOnlyAccess and"},
		{name: "lost", refused: "lost.json"},
		{name: "far", refused: "is not in partition aws"},
	} {
		p, o, err := resolvedIn(t, server, chain, test.name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(o.Home, "logs.json"), onlyLogs)
		c, err := retrieve(t, p, o)
		if test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused) || c.AccessKeyID != "") || test.refused == "" && (err != nil || may(server, c) != test.may) {
			t.Errorf("%s: may %s, %v", test.name, may(server, c), err)
		}
		// A flag changes nothing but to ask for the same.
		o.Policies = readOnly
		if c, err := retrieve(t, p, o); err == nil && may(server, c) != reads || (err == nil) != slices.Contains([]string{"agent", "alias", "over", "arns"}, test.name) {
			t.Errorf("%s with --read-only: may %s, %v", test.name, may(server, c), err)
		}
	}
}

// Credentials that an awsexec around this one has given pass on, if they are narrowed
// as is asked for.
func TestNarrowedPassedOn(t *testing.T) {
	server, o := roles(t)
	o.Flags.Policies = readOnly
	narrow, err := retrieve(t, work(), o)
	if err != nil {
		t.Fatal(err)
	}
	given := policy.Set{ARNs: []string{policy.ReadOnly}}
	for name, test := range map[string]struct {
		flags   Flags
		profile policy.Written
		refused bool
	}{
		"as they are":          {flags: Flags{Given: &given}},
		"asked for the same":   {flags: Flags{Given: &given, Policies: readOnly}},
		"profile of others":    {flags: Flags{Given: &given}, profile: policy.Written{ReadOnly: true}},
		"another's policy":     {flags: Flags{Given: &given}, profile: policy.Written{Policy: onlyLogs}},
		"asked for others":     {flags: Flags{Given: &given, Policies: []policy.Request{{Set: policy.Set{Document: onlyLogs}}}}, refused: true},
		"not known as given":   {flags: Flags{Policies: readOnly}, refused: true},
		"known to be wide":     {flags: Flags{Given: &policy.Set{}, Policies: readOnly}, refused: true},
		"by a profile":         {profile: policy.Written{ReadOnly: true}, refused: true},
		"wide, and not asked":  {flags: Flags{Given: &policy.Set{}}},
		"nothing known, asked": {},
	} {
		o := options(t, server)
		o.Env = func(name string) string {
			return map[string]string{"AWS_ACCESS_KEY_ID": narrow.AccessKeyID, "AWS_SECRET_ACCESS_KEY": narrow.SecretAccessKey, "AWS_SESSION_TOKEN": narrow.SessionToken}[name]
		}
		o.Flags = test.flags
		c, err := retrieve(t, &profile.Profile{Name: "default", Policies: test.profile}, o)
		if _, refused := errors.AsType[*NotNarrowedError](err); refused != test.refused || !refused && (err != nil || c.AccessKeyID != narrow.AccessKeyID) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// AWS packs policies and tags, and says how little room is left.
func TestPackedPolicy(t *testing.T) {
	text := func(n int) []policy.Request {
		const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_" // which hardly pack
		random := rand.New(rand.NewPCG(1, 1))
		var b strings.Builder
		for range n {
			b.WriteByte(letters[random.IntN(len(letters))])
		}
		return []policy.Request{{Set: policy.Set{Document: `{"Statement":[],"Id":"` + b.String() + `"}`}}}
	}
	token := filepath.Join(t.TempDir(), "token")
	write(t, token, "S3CR3TMARKERjwt")
	const issuer = "arn:aws:iam::123456789012:oidc-provider/issuer.example"
	pod := &profile.Profile{Name: "pod", WebIdentityTokenFile: token, RoleARN: "arn:aws:iam::123456789012:role/pod"}
	for name, p := range map[string]*profile.Profile{"key": work(), "role": one(), "web identity": pod} {
		server, o := roles(t)
		server.AddWebIdentity(ststest.WebIdentity{Token: "S3CR3TMARKERjwt", Provider: issuer})
		if err := server.AddRole(ststest.Role{ARN: pod.RoleARN, Trust: []string{issuer}}); err != nil {
			t.Fatal(err)
		}
		o.Flags.Policies = text(1240)
		if _, err := retrieve(t, p, o); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		warnings := o.Events.(*recorder).warnings
		if len(warnings) != 1 || !strings.Contains(warnings[0], "of the room that AWS has") {
			t.Errorf("%s: %q", name, warnings)
		}
		o.Flags.Policies = text(1500)
		if _, err := retrieve(t, p, o); !isCode(err, "PackedPolicyTooLarge") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
