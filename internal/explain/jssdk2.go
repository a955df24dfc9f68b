package explain

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// loadConfig is the variable that makes the SDK read the config file. Any text in it
// does, "0" included.
const loadConfig = "AWS_SDK_LOAD_CONFIG"

// jsV2 predicts for the AWS SDK for JavaScript v2, which many tools still have.
// Source: node_loader.js, util.js and credentials/ in the package aws-sdk 2.1693.
//
// Without AWS_SDK_LOAD_CONFIG it reads ~/.aws/credentials and nothing else. A program
// names a profile by AWS_PROFILE alone. After an error of one link the next one tries.
type jsV2 struct {
	Input
	config, credentials map[string]section
	sessions            map[string]section // of ~/.aws/config, whatever AWS_CONFIG_FILE says
	home                map[string]section // the profiles of that file
	broken              *Result            // why the files cannot be read
	configBroken        *Result            // the same of the config file alone
}

// newJSv2 reads the files that the SDK reads. A ~ in their names is a directory to it.
func newJSv2(in Input) jsV2 {
	home := in.homeV2()
	j := jsV2{Input: in, config: map[string]section{}, credentials: map[string]section{}}
	credentials := filepath.Join(home, "credentials")
	configFile := cmp.Or(in.env("AWS_CONFIG_FILE"), filepath.Join(home, "config"))
	if in.env(loadConfig) == "" {
		data, err := readfile.Read(credentials, readfile.MaxAWS)
		if err != nil {
			j.broken = fails(Unreadable, Place{}, "%v", err)
		}
		j.credentials = parseV2(credentials, data)
	} else {
		credentials = cmp.Or(in.env("AWS_SHARED_CREDENTIALS_FILE"), credentials)
		data, _ := readfile.Read(credentials, readfile.MaxAWS)
		j.credentials = parseV2(credentials, data)
		j.config, j.broken = readV2(configFile)
		j.configBroken = j.broken
		j.home, _ = readV2(filepath.Join(home, "config"))
		j.sessions = sessionsV2(filepath.Join(home, "config"))
	}
	return j
}

// homeV2 returns the directory of the files that no variable names.
func (in Input) homeV2() string {
	home := cmp.Or(in.env("HOME"), in.env("USERPROFILE"))
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".aws")
}

// readV2 returns the profiles of a config file: every section but those of
// sso-session, with or without the word profile. The SDK cannot define one twice.
func readV2(path string) (map[string]section, *Result) {
	data, err := readfile.Read(path, readfile.MaxAWS)
	if err != nil {
		return nil, fails(Unreadable, variable(loadConfig), "it is set, and the config file cannot be read: %v", err)
	}
	profiles := map[string]section{}
	parsed := parseV2(path, data)
	for name, s := range parsed {
		if isSessionV2(name) {
			continue
		}
		if named, ok := cutSpace(name, "profile"); ok {
			name = named
		}
		if profiles[name] != nil {
			return nil, fails(Unreadable, s.at(s.keys()...), "[%s] and [profile %s] are the same profile to the SDK, and it fails", name, name)
		}
		profiles[name] = s
	}
	return profiles, nil
}

func sessionsV2(path string) map[string]section {
	data, _ := readfile.Read(path, readfile.MaxAWS)
	sessions := map[string]section{}
	for name, s := range parseV2(path, data) {
		if session, ok := cutSpace(name, "sso-session"); ok {
			sessions[session] = s
		}
	}
	return sessions
}

func isSessionV2(name string) bool { _, ok := cutSpace(name, "sso-session"); return ok }

// cutSpace cuts a word and the white space behind it off the start of name.
func cutSpace(name, word string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(name, word)
	if !ok || rest == "" || !strings.ContainsRune(" \t", rune(rest[0])) {
		return name, false
	}
	return rest[1:], true
}

// keys returns the settings of a section in the order of the file.
func (s section) keys() []string {
	var keys []string
	for key := range s {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Compare(s[a].pos.Line, s[b].pos.Line) })
	return keys
}

// parseV2 returns the sections of a file that have settings, by what their brackets
// hold. Indented settings are as others; an empty one does not count.
func parseV2(path string, data []byte) map[string]section {
	all := map[string]section{}
	name, number := "", 0
	for line := range strings.SplitSeq(string(data), "\n") {
		number++
		line = strings.TrimSpace(cutCommentJS(strings.TrimPrefix(line, awsini.BOM)))
		if strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") {
			name = line[1 : len(line)-1]
			continue
		}
		key, text, _ := strings.Cut(line, "=")
		if name == "" || key == "" || text == "" {
			continue
		}
		if all[name] == nil {
			all[name] = section{}
		}
		all[name][strings.TrimSpace(key)] = value{strings.TrimSpace(text), awsini.Pos{File: path, Line: number}}
	}
	return all
}

func (j jsV2) predict() Result {
	var lost *Result // the first error after which another link tried
	name := cmp.Or(j.Profile, j.env("AWS_PROFILE"), "default")
	p := j.profile(name)
	r := first(
		func() *Result { return j.badMode(name) },
		j.unreadable(name),
		func() *Result { return j.environment("AWS") },
		func() *Result { return j.environment("AMAZON") },
		func() *Result { return j.early(name, p) },
		func() *Result { return j.sso(name, p) },
		orNext(&lost, func() *Result { return j.fromFiles(name, nil) }),
		j.container,
		func() *Result { return j.process(p) },
		orNext(&lost, func() *Result { return j.webIdentity(name, p) }),
	)
	if r == nil {
		r = instance(j.env("AWS_EC2_METADATA_DISABLED") == "", j.endpoint(name))
		switch {
		case j.env(loadConfig) == "":
			r.Why = "it reads no profile of the config file unless " + loadConfig + " is set"
		case j.broken != nil:
			r.Why, r.At = j.broken.Why, j.broken.At
		case lost != nil && lost.Failure != Empty:
			r.At = lost.At
			r.Why = lost.Why + ": the SDK says nothing of it, and asks the metadata service"
		}
	}
	r.Client, r.Profile = JSv2, cmp.Or(r.Profile, name)
	r.Region, r.RegionAt = j.region(name)
	return *r
}

// profile returns the settings of a profile, none if the files cannot be read.
func (j jsV2) profile(name string) section {
	if j.broken != nil {
		return nil
	}
	return merge(j.config[name], j.credentials[name])
}

// metadata returns a setting of the metadata service, which the SDK reads from the
// config file even without AWS_SDK_LOAD_CONFIG. The variable comes before it, even if
// it is empty.
func (j jsV2) metadata(v, name, key string) (text string, at Place, set bool) {
	if text, set := j.Lookup(v); set {
		return text, variable(v), true
	}
	config, _ := readV2(cmp.Or(j.env("AWS_CONFIG_FILE"), filepath.Join(j.homeV2(), "config")))
	p := config[name]
	return p[key].text, p.at(key), p.has(key)
}

func (j jsV2) endpoint(name string) string {
	text, _, _ := j.metadata(metadataEndpointVariable, name, metadataEndpoint)
	return text
}

// badMode returns the failure of loading the SDK if it finds no endpoint of the
// metadata service and an invalid mode of one.
func (j jsV2) badMode(name string) *Result {
	c := check{"ec2_metadata_service_endpoint_mode", "IPv4 or IPv6", among(false, "IPv4", "IPv6")}
	if _, _, set := j.metadata(metadataEndpointVariable, name, metadataEndpoint); set {
		return nil
	}
	text, at, set := j.metadata("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", name, c.name)
	if !set || c.valid(text) {
		return nil
	}
	return c.failed(at, "the SDK cannot be loaded")
}

// unreadable is the failure of loading the SDK for a config file that it cannot
// read, which it does for the region.
func (j jsV2) unreadable(name string) step {
	return func() *Result {
		if j.configBroken == nil || j.env("AWS_REGION") != "" || j.env("AMAZON_REGION") != "" || j.credentials[name].has("region") {
			return nil
		}
		return j.configBroken
	}
}

func (j jsV2) region(name string) (string, Place) {
	for _, v := range []string{"AWS_REGION", "AMAZON_REGION"} {
		if region := j.env(v); region != "" {
			return region, variable(v)
		}
	}
	if j.env(loadConfig) == "" {
		return "", Place{}
	}
	for _, s := range []section{j.credentials[name], j.config[name]} {
		if s.has("region") {
			return s["region"].text, s.at("region")
		}
	}
	return "", Place{}
}

func (j jsV2) environment(prefix string) *Result {
	at := variable(prefix + "_ACCESS_KEY_ID")
	id := j.env(at.Variable)
	if id == "" || j.env(prefix+"_SECRET_ACCESS_KEY") == "" {
		return nil
	}
	return &Result{Kind: Environment, At: at, AccessKeyID: id, Why: "keys in the environment come before any profile"}
}

// early is the static keys of a profile without a role, which are looked for when the
// SDK is loaded.
func (j jsV2) early(name string, p section) *Result {
	if p.has("role_arn") {
		return nil
	}
	return j.static(name, p)
}

func (j jsV2) static(name string, p section) *Result {
	if !p.has("aws_access_key_id") || !p.has("aws_secret_access_key") {
		return nil
	}
	kind := ConfigFile
	if j.credentials[name].has("aws_access_key_id") {
		kind = CredentialsFile
	}
	return &Result{Kind: kind, At: p.at("aws_access_key_id"), AccessKeyID: p["aws_access_key_id"].text, Profile: name,
		Why: "keys in either file come before all but a role"}
}

// sso is SsoCredentials. The sso-session and its profile are read from ~/.aws/config,
// whatever AWS_CONFIG_FILE says.
func (j jsV2) sso(name string, p section) *Result {
	if !p.has("sso_account_id") || !p.has("sso_role_name") {
		return nil
	}
	if p.has("sso_session") {
		session := j.sessions[j.home[name]["sso_session"].text]
		if !session.has("sso_start_url") || !session.has("sso_region") {
			return nil
		}
	} else if !p.has("sso_start_url") || !p.has("sso_region") {
		return nil
	}
	return &Result{Kind: SSO, At: p.at("sso_account_id"), Why: "IAM Identity Center comes before roles and processes"}
}

// fromFiles is SharedIniFileCredentials. It takes the profiles that led here. It
// sends no MFA code, and does not mind.
func (j jsV2) fromFiles(name string, visited []string) *Result {
	p := j.profile(name)
	if keys := j.static(name, p); keys != nil && (len(visited) > 0 || !p.has("role_arn")) {
		return keys
	}
	source := p["source_profile"].text
	visited = append(slices.Clone(visited), name)
	switch {
	case !p.has("role_arn"):
		return fails(Empty, Place{}, "profile %q has no keys", name)
	case source == "":
		return fails(Partial, p.at("role_arn"), "role_arn without source_profile")
	case len(j.profile(source)) == 0:
		return fails(Invalid, p.at("source_profile"), "there is no profile %q", source)
	case slices.Contains(visited, source) && j.static(source, j.profile(source)) == nil:
		return final(fails(Loop, p.at("source_profile"), "source_profile leads back to %q, and the SDK never ends", source))
	case len(visited) >= profile.MaxChain:
		return tooDeep(p.at("source_profile"))
	}
	from := j.fromFiles(source, visited)
	switch {
	case from.Failure == Empty:
		return fails(Invalid, p.at("source_profile"), "the source profile %q has neither keys nor a role of its own, and the SDK looks for nothing else there", source)
	case from.Kind == Fails:
		return from
	}
	if region := p["region"].text; region != "" && !hostLabel().MatchString(region) {
		return fails(BadValue, p.at("region"), "it is not a valid region name, with which the SDK would ask STS")
	}
	if failed := j.badEndpoints(); failed != nil {
		return failed
	}
	return &Result{Kind: Role, At: p.at("role_arn"), RoleARN: p["role_arn"].text, Profile: name, Source: from,
		Why: "a role_arn with its source_profile comes before processes"}
}

// badEndpoints returns the failure of every request to STS if the setting for its
// endpoints is invalid.
func (j jsV2) badEndpoints() *Result {
	c := check{"sts_regional_endpoints", "legacy or regional", among(true, "legacy", "regional")}
	if text, set := j.Lookup("AWS_STS_REGIONAL_ENDPOINTS"); set {
		if c.valid(text) {
			return nil
		}
		return c.failed(variable("AWS_STS_REGIONAL_ENDPOINTS"), "the SDK refuses every request to STS")
	}
	p := j.profile(cmp.Or(j.Profile, j.env("AWS_PROFILE"), "default"))
	if !p.has(c.name) || c.valid(p[c.name].text) {
		return nil
	}
	return c.failed(p.at(c.name), "the SDK refuses every request to STS")
}

// orNext returns a step that gives way to the next one after an error, which it
// leaves in lost if that is the first.
func orNext(lost **Result, try step) step {
	return func() *Result {
		r := try()
		if r == nil || r.Kind != Fails || r.final {
			return r
		}
		*lost = cmp.Or(*lost, r)
		return nil
	}
}

func (j jsV2) container() *Result {
	for _, v := range []string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		if j.env(v) != "" {
			return &Result{Kind: Container, At: variable(v), Why: "the container endpoint comes before credential_process"}
		}
	}
	return nil
}

func (j jsV2) process(p section) *Result {
	if !p.has("credential_process") {
		return nil
	}
	return &Result{Kind: Process, At: p.at("credential_process"), Process: p["credential_process"].text,
		Why: "credential_process comes after keys, roles and IAM Identity Center"}
}

// webIdentity is TokenFileWebIdentityCredentials: the variables, or else the first
// profile on the way of source_profile that has a token, and the roles before it.
func (j jsV2) webIdentity(name string, p section) *Result {
	at := variable("AWS_WEB_IDENTITY_TOKEN_FILE")
	if j.env(at.Variable) != "" && j.env("AWS_ROLE_ARN") != "" {
		if failed := j.badEndpoints(); failed != nil {
			return failed
		}
		return &Result{Kind: WebIdentity, At: at, RoleARN: j.env("AWS_ROLE_ARN"), Why: "web identity in the environment comes after the profile"}
	}
	var visited []string
	for !p.has("web_identity_token_file") && p.has("source_profile") {
		visited = append(visited, name)
		source := p["source_profile"].text
		if slices.Contains(visited, source) {
			return final(fails(Loop, p.at("source_profile"), "source_profile leads back to %q, and the SDK never ends", source))
		}
		name, p = source, j.profile(source)
	}
	if !p.has("web_identity_token_file") || !p.has("role_arn") {
		return nil
	}
	if failed := j.badEndpoints(); failed != nil {
		return failed
	}
	r := &Result{Kind: WebIdentity, At: p.at("web_identity_token_file"), RoleARN: p["role_arn"].text, Profile: name,
		Why: "web identity comes after processes"}
	for _, role := range slices.Backward(visited) {
		p := j.profile(role)
		if !p.has("role_arn") {
			return nil
		}
		r = &Result{Kind: Role, At: p.at("role_arn"), RoleARN: p["role_arn"].text, Profile: role, Source: r,
			Why: "the web identity of a source comes after processes"}
	}
	return r
}
