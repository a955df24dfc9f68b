package cli

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/near"
	"github.com/awsexec/awsexec/internal/session"
)

// unknownWordError is the error for a command line that begins with a word which
// is not a command.
type unknownWordError string

func (e unknownWordError) Error() string { return fmt.Sprintf("unknown command %q", string(e)) }

// mistaken is a command line with an unknown word: of a person who forgot the --,
// mistyped a command, or knows another tool.
type mistaken struct {
	flags    []string // of awsexec, before the first word, as they are to be typed
	env      []string // assignments that stand in for flags of other tools
	profile  string   // of --profile; it is not among flags
	serve    bool     // a flag of another tool asks for a server
	prints   bool     // a flag of another tool asks for JSON
	words    []string // the first word and what follows it
	child    []string // what follows the --
	hasChild bool

	commands []string // of awsexec
	profiles []string // of the AWS files and the keystore
	inPath   func(name string) bool
}

// valued are the flags of awsexec that take a value.
var valued = []string{"--profile", "--duration", "--region", "--keystore", "--policy", "--policy-arn"}

// foreign are the flags that other tools have for what a flag of awsexec does.
var foreign = map[string]string{
	"-d": "--duration", "--mfa-token": "AWSEXEC_MFA_CODE", "-t": "AWSEXEC_MFA_CODE", "--mfa-code": "AWSEXEC_MFA_CODE", "-M": "AWSEXEC_MFA_CODE",
	"-n": "--no-session", "--backend": "--keystore", "-b": "--keystore", "--verbose": "--debug", "-v": "--debug",
	"--server": "serve", "--ecs-server": "serve", "--ec2-server": "serve", "-s": "serve",
	"--json": "print", "-j": "print", "--profile-name": "--profile", "--exec-profile": "--profile", "--idp-account": "--profile",
	"--sso-session": "--session", "--prompt": "--prompt", "--keychain": "--prompt", "--file-dir": "--prompt", "--pass-prefix": "--prompt", "--pass-dir": "--prompt",
	"--endpoint-url": "AWS_ENDPOINT_URL", "--no-cli-pager": "nothing", "--no-verify-ssl": "nothing", "-f": "--format",
}

// withValue reports whether a flag of another tool has a value that awsexec wants.
func withValue(flag string) bool {
	as := foreign[flag]
	return slices.Contains(valued, as) || slices.Contains([]string{"AWSEXEC_MFA_CODE", "AWS_ENDPOINT_URL", "--session", "--prompt", "--format"}, as)
}

// readFlags moves the flags at the start of args to m and returns what follows
// them. Flags that nobody knows are left out.
func (m *mistaken) readFlags(args []string) (rest []string) {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		name, value, given := strings.Cut(args[0], "=")
		args = args[1:]
		if name == "-p" {
			name = "--profile"
		} else if strings.HasPrefix(name, "-p") && !strings.HasPrefix(name, "--") {
			name, value, given = "--profile", name[2:], true
		}
		as, isForeign := foreign[name]
		if !given && (slices.Contains(valued, name) || withValue(name)) && len(args) > 0 {
			value, args = args[0], args[1:]
		}
		if isForeign {
			name = as
		}
		switch {
		case name == "--profile":
			m.profile = value
		case name == "serve":
			m.serve = true
		case name == "print":
			m.prints = true
		case strings.HasPrefix(name, "AWS"):
			m.env = append(m.env, name+"="+quoteWord(value))
		case slices.Contains(valued, name):
			m.flags = append(m.flags, name, value)
		case slices.Contains([]string{"--pick", "--read-only", "--no-session", "--refresh", "--no-prompt", "--debug"}, name):
			m.flags = append(m.flags, name)
		}
	}
	return args
}

// synonyms are the words that other tools, or habit, have for a command.
var synonyms = map[string]string{
	"ls": "list", "rm": "remove", "delete": "remove", "del": "remove", "create": "add", "store": "add", "new": "add", "configure": "add",
	"flush": "clear", "clean": "clear", "signout": "logout", "sign-out": "logout", "expire": "clear", "who": "whoami", "id": "whoami", "identity": "whoami",
	"env": "export", "assume": "export", "use": "export", "eval": "export", "server": "serve", "ecs": "serve", "ecs-server": "serve", "ec2-server": "serve",
	"accounts": "sso list", "roles": "sso list", "populate": "sso populate",
	"profiles": "list --tree", "list-profiles": "list --tree", "list-roles": "list --tree", "keys": "list", "session": "list", "sessions": "list",
	"info": "whoami", "show": "whoami", "diagnostic": "doctor", "logs": "log", "history": "log", "man": "help", "manual": "help", "docs": "help", "?": "help", "/?": "help", "/help": "help",
	"check": "doctor", "diagnose": "doctor", "diag": "doctor", "diagnostics": "doctor", "verify": "doctor", "status": "doctor", "passwd": "passphrase", "password": "passphrase", "renew": "rotate",
	"open": "console", "web": "console", "browser": "console", "signin": "login", "sign-in": "login", "url": "console",
}

// runners are the words that other tools have for running a program.
var runners = []string{"exec", "run", "execute", "shell"}

// services are services of AWS that are often called without the word aws.
var services = []string{"s3", "s3api", "sts", "iam", "ec2", "ecs", "ecr", "eks", "lambda", "logs", "dynamodb", "rds", "ssm", "sqs", "sns", "kms", "cloudformation", "secretsmanager",
	"apigateway", "athena", "autoscaling", "batch", "bedrock", "bedrock-runtime", "cloudfront", "cloudtrail", "cloudwatch", "codebuild", "codepipeline", "cognito-idp", "efs", "elasticache", "elb", "elbv2", "emr",
	"events", "firehose", "glue", "guardduty", "kinesis", "opensearch", "organizations", "redshift", "route53", "sagemaker", "ses", "sesv2", "sso-admin", "stepfunctions"}

// meant returns the lines that were probably meant, the likeliest first.
func (m mistaken) meant() []string {
	word, rest := m.words[0], m.words[1:]
	command := "" // below sso of the AWS CLI
	if i := slices.IndexFunc(rest, func(w string) bool { return w == "login" || w == "logout" }); i >= 0 {
		command = rest[i]
	}
	group := 0 // words of a command that needs another one
	for n := range m.words {
		if slices.Contains(m.commands, strings.Join(m.words[:n+1], " ")) {
			group = n + 1
		}
	}
	switch {
	case group > 0 && !m.hasChild && word != "sso":
		return []string{m.below(m.words[:group], m.words[group:])}
	case !m.hasChild && synonyms[word] != "" && wantsHelp(rest):
		return []string{"awsexec " + synonyms[word] + " --help"}
	case !m.hasChild && slices.Contains(runners, word) && wantsHelp(rest):
		return []string{"awsexec --help"}
	case slices.Contains(runners, word):
		if rest = m.readFlags(rest); len(rest) > 0 && (m.hasChild || m.profile == "") {
			if i := slices.IndexFunc(rest, m.isProfile); m.hasChild && i > 0 { // behind the value of a flag that nobody knows
				rest = rest[i:]
			}
			m.profile, rest = rest[0], rest[1:]
			rest = m.readFlags(rest)
		}
		if m.prints && len(rest) == 0 && !m.hasChild {
			return []string{m.line()}
		}
		return []string{m.run(rest)}
	case word == "assume":
		return []string{m.assume(rest)}
	case word == "credential-process" || word == "process" || word == "print" || word == "get":
		if rest = m.readFlags(rest); len(rest) > 0 {
			m.profile = rest[0]
		}
		return []string{m.line()}
	case word == "sso" && command == "":
		return []string{m.sso(rest)}
	case word == "configure" && len(rest) > 0 && !strings.HasPrefix(rest[0], "-"):
		return []string{m.configure(rest[0], rest[1:])}
	case word == "sso":
		rest = slices.DeleteFunc(slices.Clone(rest), func(w string) bool { return w == "login" || w == "logout" })
		for i, w := range rest {
			if name, ok := strings.CutPrefix(w, "--sso-session="); ok || w == "--sso-session" && i+1 < len(rest) {
				if !ok {
					name = rest[i+1]
				}
				return []string{m.line(command, "--session", name)}
			}
		}
		if rest = m.readFlags(rest); len(rest) > 0 && !strings.Contains(rest[0], "/") {
			m.profile = rest[0]
		}
		return []string{m.line(command)}
	case slices.Contains([]string{"credentials", "keys", "profile", "profiles", "cache", "session", "sessions", "sso-tokens"}, word) && len(rest) > 0:
		m.words = rest
		if rest[0] == "clear" && word == "sso-tokens" {
			return []string{m.line("logout")}
		}
		if slices.Contains(m.commands, rest[0]) {
			return []string{m.line(rest...)}
		}
		return m.meant()
	case word == "sts" && slices.Equal(rest[:min(1, len(rest))], []string{"get-caller-identity"}):
		m.readFlags(rest[1:])
		return []string{m.line("whoami")}
	case m.isProfile(word) && !slices.Contains(services, word):
		m.profile = word
		return []string{m.run(m.readFlags(rest))}
	case word == "script" && slices.ContainsFunc(rest, func(w string) bool { return strings.HasPrefix(w, "--shell") }):
		return []string{m.synonym("export", nil)}
	case synonyms[word] != "" && !m.callsService():
		program := m.run(m.words)
		command := m.synonym(synonyms[word], rest)
		switch {
		case m.hasChild || m.serve || !m.inPath(word) || len(rest) > 0 && m.isProfile(rest[0]):
			return []string{command}
		case m.profile == "":
			return []string{command, "to run the program: " + program}
		}
		return []string{program, "to have awsexec do it: " + command}
	case word == "aws" && !m.hasChild:
		return []string{m.run(m.takeProfile())}
	case m.inPath(word):
		return []string{m.run(m.words)}
	case m.hasChild: // the name of a profile, mistyped perhaps
		m.profile = append(near.Names(word, m.profiles), word)[0]
		return []string{m.run(nil)}
	case slices.Contains(services, word):
		m.words = append([]string{"aws"}, m.takeProfile()...)
		return []string{m.run(m.words)}
	}
	program := "to run a program with credentials: " + m.run(m.words)
	if names := near.Names(word, m.profiles); len(names) > 0 && len(near.Names(word, m.commands)) == 0 {
		m.profile = names[0]
		return []string{m.run(m.readFlags(rest)), program}
	}
	if names := near.Names(word, m.commands); len(names) > 0 {
		return []string{m.line(append(strings.Fields(names[0]), rest...)...), program}
	}
	return []string{program}
}

// below returns the line for a command below a group, of which the first of rest is
// no command.
func (m mistaken) below(group, rest []string) string {
	var below []string
	for _, c := range m.commands {
		if name, ok := strings.CutPrefix(c, strings.Join(group, " ")+" "); ok {
			below = append(below, name)
		}
	}
	if len(rest) > 0 {
		if as := synonyms[rest[0]]; slices.Contains(below, as) {
			return m.line(slices.Concat(group, []string{as}, rest[1:])...)
		}
		if names := near.Names(rest[0], below); len(names) > 0 {
			return m.line(slices.Concat(group, strings.Fields(names[0]), rest[1:])...)
		}
	}
	return m.line(slices.Concat(group, []string{"--help"})...)
}

// assume returns the line for one of granted's.
func (m mistaken) assume(rest []string) string {
	var words []string
	for i, w := range rest {
		switch {
		case w == "--un" || w == "--unset":
			return unsetCommand(environmentKeys)
		case w == "-c" || w == "--console" || w == "--url" || w == "-u":
			words = []string{"console"}
			if w == "--url" || w == "-u" {
				words = append(words, "--print")
			}
		case (w == "-s" || w == "--service") && i+1 < len(rest) && words != nil:
			words = append(words, "--service", rest[i+1])
		case (w == "-r" || w == "--region") && i+1 < len(rest):
			m.flags = append(m.flags, "--region", rest[i+1])
		case (w == "-d" || w == "--duration") && i+1 < len(rest):
			m.flags = append(m.flags, "--duration", rest[i+1])
		case w == "--exec" && i+1 < len(rest) && !m.hasChild:
			m.child, m.hasChild = strings.Fields(rest[i+1]), true
		}
	}
	if i := slices.IndexFunc(rest, m.isProfile); i >= 0 && m.profile == "" {
		m.profile, rest = rest[i], nil
	}
	switch {
	case words != nil:
		return m.line(words...)
	case m.hasChild:
		return m.run(nil)
	}
	return m.synonym("export", rest)
}

func (m mistaken) isProfile(name string) bool { return slices.Contains(m.profiles, name) }

func wantsHelp(words []string) bool {
	return slices.Contains(words, "--help") || slices.Contains(words, "-h")
}

// callsService reports whether the words are an operation of a service of AWS: its
// name and that of the operation.
func (m mistaken) callsService() bool {
	return slices.Contains(services, m.words[0]) && !m.hasChild && len(m.words) > 1 && strings.Contains(m.words[1], "-") && !m.isProfile(m.words[1])
}

// configure returns the line for a command of aws configure.
func (m mistaken) configure(what string, rest []string) string {
	flag := func(name string) string {
		for i, w := range rest {
			if value, ok := strings.CutPrefix(w, name+"="); ok {
				return value
			}
			if w == name && i+1 < len(rest) {
				return rest[i+1]
			}
		}
		return ""
	}
	if name := flag("--profile"); name != "" {
		m.profile = name
	}
	switch what {
	case "set": // no secret is to be in a line, nor a key in the files
		if slices.ContainsFunc(rest, func(w string) bool { return strings.HasPrefix(w, "aws_") }) {
			name := cmp.Or(m.profile, "NAME")
			m.profile = ""
			return m.line("add", name)
		}
	case "populate": // of aws-sso-util
		return m.line("sso", "populate")
	case "list", "list-profiles":
		m.profile = ""
		return m.line("list", "--tree")
	case "export-credentials":
		if format := flag("--format"); format != "" && format != "process" {
			return m.line("export", "--format", format)
		}
		return m.line()
	case "import":
		m.profile = ""
		return m.line("add", "NAME", "--csv", strings.TrimPrefix(cmp.Or(flag("--csv"), "FILE"), "file://"))
	}
	line := "aws"
	for _, w := range m.words {
		line += " " + quoteWord(w)
	}
	if m.profile != "" && flag("--profile") == "" {
		line += " " + ofProfile(m.profile)
	}
	return line
}

// sso returns the line for a command below sso. The words that other tools have for one
// are aws-sso-cli's, granted's and aws-sso-util's.
func (m mistaken) sso(rest []string) string {
	words := []string{"sso", "--help"}
	if len(rest) > 0 {
		switch names := near.Names(rest[0], []string{"list", "populate"}); {
		case slices.Contains([]string{"ls", "accounts", "roles", "list-accounts", "list-account-roles"}, rest[0]):
			words = append([]string{"sso", "list"}, rest[1:]...)
		case slices.Contains([]string{"generate", "profiles", "configure", "setup", "config"}, rest[0]):
			words = append([]string{"sso", "populate"}, rest[1:]...)
		case len(names) > 0:
			words = append([]string{"sso", names[0]}, rest[1:]...)
		}
	}
	return m.line(words...)
}

// synonym returns the line for a command under the name that another tool has for
// it.
func (m mistaken) synonym(command string, rest []string) string {
	if rest = m.readFlags(rest); len(rest) > 0 && m.profile == "" && !m.hasChild {
		m.profile = rest[0]
	}
	switch name := m.profile; command {
	case "remove":
		if len(rest) > 1 && !m.hasChild {
			m.profile = ""
			return m.line(append([]string{command}, rest...)...)
		}
		fallthrough
	case "add", "rotate", "clear":
		m.profile = ""
		words := []string{command}
		if name == "" && command != "clear" {
			name = "NAME"
		}
		if name != "" {
			words = append(words, name)
		}
		if command == "add" {
			words = append(words, "--write-config")
		}
		return m.line(words...)
	case "list", "list --tree", "passphrase", "help":
		m.profile = ""
	case "export":
		if runtime.GOOS == "windows" {
			return m.line("export", "--format", "powershell") + " | Invoke-Expression"
		}
		return `eval "$(` + m.line("export", "--format", "env") + `)"`
	case "serve":
		return m.run(nil)
	}
	return m.line(strings.Fields(command)...)
}

// takeProfile returns the words without a flag --profile, which it moves to m.
func (m *mistaken) takeProfile() []string {
	words := slices.Clone(m.words)
	for i, w := range words {
		if value, ok := strings.CutPrefix(w, "--profile="); ok {
			m.profile = value
			return slices.Delete(words, i, i+1)
		}
		if w == "--profile" && i+1 < len(words) {
			m.profile = words[i+1]
			return slices.Delete(words, i, i+2)
		}
	}
	return words
}

// run returns the line that runs a program: words, or what followed the --.
func (m mistaken) run(words []string) string {
	if m.hasChild {
		words = m.child
	}
	child := " -- CMD"
	if len(words) > 0 {
		child = " --"
		for _, w := range words {
			child += " " + quoteWord(w)
		}
	}
	if m.serve || len(m.words) > 0 && synonyms[m.words[0]] == "serve" {
		return m.line("serve") + child
	}
	return m.line() + child
}

// line returns the line with these words of awsexec, and the flags.
func (m mistaken) line(words ...string) string {
	parts := append(slices.Clone(m.env), "awsexec")
	for _, f := range m.flags {
		parts = append(parts, quoteWord(f))
	}
	for _, w := range slices.Concat(selecting(m.profile), words) {
		parts = append(parts, quoteWord(w))
	}
	return strings.Join(parts, " ")
}

// meant returns what a person who typed args probably meant, a line for each way.
func meant(ctx context.Context, args []string, d deps) string {
	if dashed := withDashes(args); !slices.Equal(dashed, args) {
		return corrected(ctx, dashed, d)
	}
	m, err := newMistaken(ctx, args, d)
	if err != nil || len(m.words) == 0 {
		return "awsexec --help"
	}
	return strings.Join(m.meant(), "\n")
}

// newMistaken returns args as a mistaken line.
func newMistaken(ctx context.Context, args []string, d deps) (mistaken, error) {
	m := mistaken{
		profiles: profileNames(ctx, d),
		inPath:   func(name string) bool { _, err := exec.LookPath(name); return err == nil },
	}
	var own []string
	own, m.child, m.hasChild = splitArgs(args)
	m.words = m.readFlags(own)
	pages, _, err := Pages()
	if err != nil {
		return m, err
	}
	for _, p := range pages[1:] {
		m.commands = append(m.commands, p.Command)
	}
	return m, nil
}

// profileNames returns the names of the profiles in the AWS files and of those keys
// that can be listed without asking anybody.
func profileNames(ctx context.Context, d deps) []string {
	settings, err := newSettings(d, &flags{}, false, true)
	if err != nil {
		return nil
	}
	out := newUI(d)
	var names []string
	for _, c := range (known{ctx, session.New(settings, out, out.watch)}).profiles(true) {
		names = append(names, c.value)
	}
	return names
}
