package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/custody"
	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/keyinput"
	"github.com/awsexec/awsexec/internal/migrate"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/visible"
)

// hintOfUnasked returns the hint for a question that could not be asked.
func hintOfUnasked(e unaskedError, a *advisor) string {
	switch e.command {
	case "add":
		return "give the id and the secret on two lines of standard input: " + a.again("--stdin") + "\nother ways: awsexec add --help"
	case "mfa add":
		return "give the secret on standard input: " + a.again("--stdin")
	case "import":
		return "see what would be done: " + a.again("--dry-run") + "\nto do it without being asked: " + a.again("--yes")
	case "backup":
		return "set AWSEXEC_BACKUP_PASSPHRASE, or run it on a terminal: " + a.again()
	case "keystore init --pin":
		return "run it on a terminal, or without a PIN: awsexec keystore init --tpm"
	case "passphrase":
		return "set AWSEXEC_NEW_PASSPHRASE, or run it on a terminal: " + a.again()
	}
	return "to do it without being asked: " + a.again("--yes")
}

// hintOfImport returns the hint for a key that cannot be moved out of the AWS
// files.
func hintOfImport(err error, a *advisor, name string) string {
	var of *migrate.Error
	var setting *profile.SettingError
	var taken *migrate.TakenError
	switch {
	case errors.As(err, &of) && errors.As(err, &setting) && setting.Key == "role_arn":
		return fmt.Sprintf("give the role a profile of its own, with source_profile = %s, and import the key then", name)
	case errors.As(err, &of) && errors.As(err, &setting) && setting.Key == "credential_process":
		return editCommand(explain.Place{Pos: setting.Pos}, "take credential_process out, and import the key then")
	case errors.As(err, &taken):
		return fmt.Sprintf("store the one in the file instead: %s\nor keep the stored one, and delete aws_access_key_id and aws_secret_access_key at %s",
			a.command("import", taken.Name, "--force"), visible.Text(taken.At))
	case errors.Is(err, awsfiles.ErrBusy):
		return "wait until it has finished"
	}
	return ""
}

// hintOfCustody returns the hint for a stored key that cannot be changed.
func hintOfCustody(err error, a *advisor, _ string) string {
	var exists *custody.ExistsError
	var retiring *custody.RetiringError
	var unreached *unreachedError
	var foreign *foreignKeyError
	switch {
	case errors.As(err, &foreign):
		return "if it is for another service than AWS: " + a.again("--no-verify")
	case errors.As(err, &unreached):
		return hintOfUnreached(unreached, a)
	case errors.As(err, &exists):
		return "replace it: " + a.again("--force")
	case errors.Is(err, custody.ErrBusy):
		return "wait until it has finished, or answer what it asks"
	case errors.As(err, &retiring):
		return "finish it: " + a.command("rotate", retiring.Name)
	}
	return ""
}

// hintOfUnreached returns the hint for a key that the AWS SDKs will not get by way
// of its profile.
func hintOfUnreached(e *unreachedError, a *advisor) string {
	var setting *profile.SettingError
	if !errors.As(e.err, &setting) {
		return ""
	}
	switch setting.Key {
	case "role_arn", "source_profile", "credential_source":
		return "store the key under a name of its own, and write source_profile = THAT NAME into the profile\nor use the profile through awsexec alone: " + a.run(e.profile, "CMD")
	case "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token":
		return a.moveKey("take the key out of the file", e.profile)
	}
	return "store the key under a name of its own, or take the setting out of the profile"
}

// hintOfCSV returns the hint about the file that a stored key was read from.
func hintOfCSV(path string) string {
	return "the key is still in plaintext in " + path + ": delete that file"
}

// hintOfRemoved returns the hint about a profile whose key was removed.
func hintOfRemoved(p *profile.Profile) string {
	return fmt.Sprintf("profile %q still asks awsexec for it; delete that line: %s", p.Name, p.Origin["credential_process"])
}

// hintOfUnfinished returns the hint about a key whose rotation is not finished.
func hintOfUnfinished(name string, a *advisor) string {
	return "to finish it: " + a.command("rotate", name)
}

// hintOfOtherName returns the hint about a key with two names.
func hintOfOtherName(e *otherNameError, a *advisor) string {
	return fmt.Sprintf("let profile %q use the other one, by credential_process = %s, and remove this: %s", e.name, a.process(e.other), a.command("remove", e.name))
}

// hintOfAdded returns how a key that was added is tried.
func hintOfAdded(a *advisor, name string, configured bool) string {
	program := []string{"aws", "sts", "get-caller-identity"}
	if !configured {
		return "try it: " + a.run(name, program...)
	}
	if name != profile.DefaultName {
		program = append(program, "--profile", quoteWord(name))
	}
	return "try it: " + strings.Join(program, " ")
}

// hintOfOtherService returns the hint about a key of another service than AWS, which
// is stored under name.
func hintOfOtherService(a *advisor, name string) string {
	return "such a key makes no sessions; give it to programs as it is: " + a.line(nil, []string{"-p", name, "--no-session", "--"}) + " " + a.child()
}

// hintOfByName returns the hint about keys that are moved only if they are named.
func hintOfByName(keys []migrate.Key, a *advisor) string {
	var names []string
	for _, k := range keys {
		if k.Skip == nil && k.Err == nil && k.ByName() {
			names = append(names, k.Profile)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "keys that are not of AWS are moved if they are named: " + a.command("import", names...)
}

// hintOfForeignKey returns the hint for a session that could not be made from a key
// of another service than AWS.
func hintOfForeignKey(err error, a *advisor, name string) string {
	_, api := errors.AsType[smithy.APIError](err)
	_, wire := errors.AsType[*awsapi.WireError](err)
	_, unverified := errors.AsType[*custody.UnverifiedError](err)
	if !api && !wire && !errors.Is(err, awsapi.ErrNoToken) || unverified || a.settings.NoSession {
		return ""
	}
	end := a.origin(name)
	if end == nil {
		return ""
	}
	id := ""
	switch end.Kind {
	case provider.StoredKey:
		id, _ = a.session.KeyID(context.Background(), end.Profile.Name)
	case provider.FileKey:
		id = end.Profile.Static.Credentials.AccessKeyID
	}
	if id == "" || keyinput.IsAWS(id) {
		return ""
	}
	return "the key is not one of AWS; " + hintOfOtherService(a, name)
}
