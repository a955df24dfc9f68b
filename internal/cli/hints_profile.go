package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/custody"
	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/server"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/term"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// environmentKeys are the variables that hold credentials.
var environmentKeys = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", provider.ExpirationVariable}

func hintOfProfile(err error, a *advisor, name string) string {
	var missing *profile.NotFoundError
	var noKey *provider.NoKeyError
	var source *provider.SourceError
	var foreign *provider.ForeignError
	var expired *provider.ExpiredError
	var partial *provider.EnvironmentError
	var duration *provider.DurationError
	var partition *provider.PartitionError
	switch {
	case errors.As(err, &missing):
		return hintOfMissing(missing, a)
	case errors.As(err, &noKey) && noKey.Why == "" && errors.As(err, &source):
		for errors.As(source.Err, &source) { // the last of a chain
		}
		return hintOfNoKey(noKey, a) +
			fmt.Sprintf("\nor, if profile %q is to use what this machine offers, write credential_source = Ec2InstanceMetadata (or EcsContainer) in place of source_profile", source.Profile)
	case errors.As(err, &noKey) && noKey.Why == "":
		return hintOfNoKey(noKey, a)
	case errors.As(err, &foreign):
		return hintOfForeign(foreign, a)
	case errors.As(err, new(*provider.StaleError)):
		return "sign in again with that program, or set this machine's clock if it is wrong"
	case errors.As(err, &expired):
		return "put newer ones there, or take them out: " + unsetCommand(environmentKeys)
	case errors.As(err, &partial):
		return "complete them, or take them out: " + unsetCommand(environmentKeys)
	case errors.Is(err, keystore.ErrNotFound):
		return "see which keys there are: " + a.command("list")
	case errors.As(err, &partition):
		return hintOfPartition(partition, a, name)
	case errors.As(err, &duration) && !duration.Asked:
		return fmt.Sprintf("change duration_seconds of profile %q in %s", name, visible.Text(a.settings.Files.Config))
	}
	return ""
}

// hintOfMissing returns the hint for a profile that is nowhere.
func hintOfMissing(missing *profile.NotFoundError, a *advisor) string {
	var lines []string
	if missing.Bare != (awsini.Pos{}) {
		return editCommand(explain.Place{Pos: missing.Bare}, "write "+awsini.ProfileHeader(missing.Name))
	}
	if strings.Contains(missing.Name, " #") || strings.Contains(missing.Name, " ;") {
		lines = append(lines, "write a comment on a line of its own: it is part of the value for the AWS CLI and boto3")
	}
	if a.hasKeystore() {
		lines = append(lines, "see which there are: "+a.command("list"))
	}
	if slices.Contains(a.own, "login") {
		lines = append(lines, "make one of this name, signing in as at the AWS console: "+a.again("--new"))
	} else if add := a.addCommand(missing.Name); add != "" {
		lines = append(lines, "store a key under this name: "+add)
	}
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if a.settings.Profile == "" && a.settings.Env(variable) == missing.Name {
			lines = append(lines, variable+" names it; take it out: "+unsetCommand([]string{variable}))
			break
		}
	}
	return strings.Join(lines, "\n")
}

// hintOfPartition returns the hint for a role or a device in another partition than
// the region.
func hintOfPartition(e *provider.PartitionError, a *advisor, name string) string {
	if e.Region != "" {
		return "check the region, and the account in " + visible.Text(e.ARN)
	}
	region := "REGION"
	if p, err := a.session.Profile(context.Background(), name); err == nil {
		for ; p != nil; p = p.Source {
			if p.Region != "" && awsapi.PartitionOf(p.Region) == e.Partition() {
				region = p.Region
			}
		}
	}
	return "set the region: aws configure set region " + quoteWord(region) + " " + ofProfile(name)
}

// hintOfNoKey returns the hint for a profile without credentials.
func hintOfNoKey(noKey *provider.NoKeyError, a *advisor) string {
	if named := a.named(); named != "" && noKey.Profile == profile.DefaultName {
		return "name the profile: " + named + "\nor store a key for the default one: " + a.addCommand(noKey.Profile)
	}
	if add := a.addCommand(noKey.Profile); add != "" {
		if a.isInClosedKeyring(noKey.Profile) {
			return "store its key: " + add + "\nor, if it is stored, " + openKeyring
		}
		return "store its key: " + add
	}
	return "give the profile a key or a source in " + visible.Text(a.settings.Files.Config)
}

// named returns the user's own command line with the name of the only stored key; ""
// if it names a profile, or there are other keys or none.
func (a *advisor) named() string {
	keys := known{context.Background(), a.session}.keys()
	if profile.IsNamed(a.settings.Profile, a.settings.Env) || len(keys) != 1 || keys[0].Name == profile.DefaultName {
		return ""
	}
	line := a.line(nil, slices.Concat([]string{"-p", keys[0].Name}, a.own))
	if len(a.program) > 0 {
		line += " -- " + a.child()
	}
	return line
}

// isInClosedKeyring reports whether a keyring that is closed may have the key of a
// profile: it leads to awsexec, and the keyring that is open does not have it.
func (a *advisor) isInClosedKeyring(name string) bool {
	if a.session == nil || runtime.GOOS != "linux" {
		return false
	}
	p, err := a.session.Profile(context.Background(), name)
	if err != nil || !p.IsSelf {
		return false
	}
	keys, err := a.session.Keys()
	return err == nil && keys.Kind() == keystore.KindKeyring
}

// serial returns the MFA device of the profile called name; "" if neither it nor
// one of its sources has one.
func (a *advisor) serial(name string) string {
	if a.session == nil {
		return ""
	}
	p, err := a.session.Profile(context.Background(), name)
	if err != nil {
		return ""
	}
	for ; p != nil; p = p.Source {
		if p.MFASerial != "" {
			return p.MFASerial
		}
	}
	return ""
}

// otherDevice returns the advice for a device that AWS does not know for the user.
func (a *advisor) otherDevice(name string) string {
	const only = "; AWS STS takes the codes of authenticator apps and hardware tokens only, not a passkey or security key"
	if serial := a.serial(name); serial != "" && !strings.HasPrefix(serial, "arn:") {
		return "mfa_serial must be the serial number of a hardware token of that very user" + only
	}
	return "mfa_serial must name a device of that very user: the ARN of an authenticator app, or the serial number of a hardware token" + only
}

// newKey returns the advice for a long-term key that AWS does not accept.
func (a *advisor) newKey(err error, name, goal string) string {
	var unverified *custody.UnverifiedError
	end := a.origin(name)
	if end != nil && !errors.As(err, &unverified) {
		switch end.Kind {
		case provider.FileKey:
			return fmt.Sprintf("replace it at %s", end.Profile.Static.AccessKeyID)
		case provider.EnvironmentKey, provider.EnvironmentSession:
			return "it is in the environment: " + unsetCommand([]string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})
		case provider.StoredKey:
			name = end.Profile.Name
		default:
			return "get new credentials where these came from"
		}
	}
	if add := a.addCommand(name); add != "" {
		return goal + ": " + add
	}
	return goal
}

func hintOfMFA(err error, a *advisor, name string) string {
	switch {
	case errors.Is(err, provider.ErrFIDO):
		return "give the user an authenticator app as well, and write its ARN into mfa_serial"
	case errors.Is(err, provider.ErrNoHuman):
		return hintOfSession(a, name) + "\n" +
			"or let a program give the code: mfa_process = COMMAND in the profile\n" +
			"or give it yourself: AWSEXEC_MFA_CODE=123456"
	case errors.Is(err, provider.ErrCodeUsed):
		return "wait for the next code, at most 30 seconds"
	case errors.Is(err, provider.ErrCodeWrong):
		return "check that mfa_serial names the device that shows the code, and that this machine's and the device's clocks are right"
	case errors.Is(err, session.ErrTooLong) && a.serial(name) != "":
		return hintOfSession(a, name)
	case errors.As(err, new(unpickedError)):
		return "name the profile: " + a.line(a.kept(heededBy("print")), []string{"-p", "NAME"})
	case errors.Is(err, term.ErrNoTerminal):
		return "run this on a terminal, or see awsexec --help for a way without one"
	}
	return ""
}

// hintOfSession returns the call that makes the missing session: of the life that
// was asked for, if one was.
func hintOfSession(a *advisor, name string) string {
	return "make a session on a terminal first, it then serves everywhere: " + a.run(name, "true")
}

// hintOfGiven returns the hint for credentials that come from elsewhere.
func hintOfGiven(err error, a *advisor, _ string) string {
	if errors.Is(err, server.ErrNoExpiry) {
		return "give them to the program as they are: " + a.line(a.kept(heededBy("print")), []string{"--"}) + " " + a.child()
	}
	var given *provider.GivenError
	if !errors.As(err, &given) {
		return ""
	}
	var fault *awsapi.WireError
	if errors.As(err, &fault) {
		if served := a.settings.Env("AWSEXEC_PROFILE"); served != "" && given.Kind == provider.Container && fault.Kind == awsapi.NoConnection {
			return "awsexec serve has ended; start the program again: " + a.command("serve", naming(served)) + " -- CMD"
		}
		return ""
	}
	return hintOfSignIn(err, given, a)
}

// hintOfForeign returns the lines that say to awsexec and all SDKs what a setting says
// to another tool.
func hintOfForeign(e *provider.ForeignError, a *advisor) string {
	var lines []string
	into := e.Profile
	switch {
	case e.Source != "":
		into = e.Source
		lines = append(lines, fmt.Sprintf("write in its place: credential_process = %s", processCommand(a.settings.Self, e.Source)))
	case !e.MFA && !e.HasCredentials() && strings.HasSuffix(e.Key, "_profile"):
		lines = append(lines, "store the key that aws-vault has for it: "+a.command("add", e.Profile))
	case len(e.Lines) == 0:
		lines = append(lines, fmt.Sprintf("let %s write its credentials into the AWS files, or name it in the profile: credential_process = COMMAND", e.Tool))
	}
	for _, l := range e.Lines {
		lines = append(lines, fmt.Sprintf("write into profile %s: %s = %s", quoteWord(into), l.Key, visible.Text(l.Value)))
	}
	return strings.Join(lines, "\n")
}
