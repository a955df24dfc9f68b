package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/readfile"
	"github.com/awsexec/awsexec/internal/renew"
	"github.com/awsexec/awsexec/internal/server"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/term"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// advisor knows what the user can do about errors: it has what a command line
// that works has to repeat. The zero value is for a command line that could not
// be read.
type advisor struct {
	settings *session.Settings
	session  *session.Session // whose keystore an error may be about
	about    string           // the key that the command names; "" if it names none
}

// hint is what the user can do about err, a line for each way, with the command to type wherever there is one; "" if we know nothing.
func hint(err error, a *advisor) string {
	var usage usageError
	if errors.As(err, &usage) {
		return usage.advice
	}
	if refused, ok := errors.AsType[*ownfile.RefusedError](err); ok {
		return hintOfDirectory(refused, a)
	}
	if a.settings == nil {
		return ""
	}
	return hintFor(err, a, cmp.Or(a.about, a.settings.SelectedName()))
}

// hintFor is hint for an error about the profile called name.
func hintFor(err error, a *advisor, name string) string {
	var unasked unaskedError
	if errors.As(err, &unasked) {
		return unasked.advice
	}
	for _, h := range []func(error, *advisor, string) string{hintOfFile, hintOfImport, hintOfRotation, hintOfKeystore, hintOfProfile, hintOfMFA, hintOfGiven, hintOfRenewal, hintOfAWS, hintOfNetwork, hintOfChild} {
		if advice := h(err, a, name); advice != "" {
			return advice
		}
	}
	return ""
}

// hintOfDirectory is the advice for a directory that is not used because others could write to it.
func hintOfDirectory(refused *ownfile.RefusedError, a *advisor) string {
	variable := "XDG_CACHE_HOME"
	if a.settings != nil {
		if data, err := a.settings.DataDir(); err == nil && isBelow(refused.Dir, data) {
			variable = "XDG_DATA_HOME"
		}
		if cache, err := a.settings.CacheDir(); err == nil && !isBelow(refused.Dir, cache) && variable != "XDG_DATA_HOME" {
			variable = "TMPDIR"
		}
	}
	other := fmt.Sprintf("use a directory in a place that only you can write to: export %s=DIRECTORY", variable)
	if fix := fixOfDirectory(refused); fix != "" {
		return "fix it: " + fix + "\nor " + other
	}
	return other
}

// fixOfDirectory is the command that makes a directory usable again, "" if it takes another user to do that.
func fixOfDirectory(refused *ownfile.RefusedError) string {
	path, own := quoteWord(refused.Path), refused.Path == refused.Dir
	switch {
	case refused.Reason == ownfile.Link || refused.Reason == ownfile.ForeignLink:
		return "rm " + path
	case refused.Reason == ownfile.ForeignOwner && own:
		return fmt.Sprintf("mv %s %s", path, quoteWord(refused.Path+".foreign"))
	case refused.Owner != os.Geteuid():
		return ""
	case own:
		return "chmod 700 " + path
	}
	return "chmod go-w " + path
}

// hintOfFile is the advice for what cannot be a file of its kind.
func hintOfFile(err error, a *advisor, _ string) string {
	path := ""
	if odd, ok := errors.AsType[*readfile.NotRegularError](err); ok {
		path = odd.Path
	} else if large, ok := errors.AsType[*readfile.TooLargeError](err); ok {
		path = large.Path
	}
	if path == "" || errors.Is(err, keystore.ErrCorrupt) && filepath.Ext(path) == ".age" { // keys may be in it
		return ""
	}
	for _, variable := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CA_BUNDLE"} {
		if a.settings.Env(variable) == path {
			return "name another file in " + variable
		}
	}
	for _, dir := range []func() (string, error){a.settings.DataDir, a.settings.CacheDir} {
		if own, err := dir(); err == nil && isBelow(path, own) {
			return fmt.Sprintf("move it away: mv %s %s", quoteWord(path), quoteWord(path+".odd"))
		}
	}
	return ""
}

// isBelow reports whether path is dir or below it.
func isBelow(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

func hintOfImport(err error, _ *advisor, name string) string {
	var of importError
	var setting *profile.SettingError
	var taken takenError
	switch {
	case errors.As(err, &of) && errors.As(err, &setting) && setting.Key == "role_arn":
		return fmt.Sprintf("give the role a profile of its own, with source_profile = %s, and import the key then", name)
	case errors.As(err, &taken):
		return fmt.Sprintf("store the one in the file instead: awsexec import %s --force\n"+
			"or keep the stored one, and delete aws_access_key_id and aws_secret_access_key at %s", quoteWord(taken.name), visible.Text(taken.at))
	}
	return ""
}

func hintOfKeystore(err error, a *advisor, _ string) string {
	var exists existsError
	switch {
	case errors.As(err, &exists):
		return fmt.Sprintf("replace it: awsexec add %s --force", quoteWord(exists.name))
	case errors.Is(err, keystore.ErrWrongPassphrase):
		return "try again, or set the right AWSEXEC_PASSPHRASE"
	case errors.Is(err, keystore.ErrLocked):
		return hintOfLocked(a)
	case errors.Is(err, errNoFile):
		return "make it by adding a key: awsexec --keystore file add NAME"
	case errors.Is(err, keystore.ErrNotHeld):
		return "set AWSEXEC_PASSPHRASE where awsexec runs: without the help of a Linux kernel the passphrase is needed each time"
	case errors.Is(err, keystore.ErrNoPassphrase):
		return "change its password with the tools of your desktop\nif you mean the encrypted file: awsexec --keystore file passphrase"
	case errors.Is(err, keystore.ErrUnavailable):
		const file = "on a machine without a keyring, keep keys in a file encrypted with a passphrase: awsexec --keystore file add NAME\n"
		if a.settings.Env("WSL_DISTRO_NAME") != "" {
			return file + "this is WSL, which has no keyring of its own; the keys of Windows can be had through the build for Windows: awsexec.exe --profile NAME"
		}
		if runtime.GOOS != "linux" { // the keyring is part of the system
			return strings.TrimSpace(file)
		}
		return file + "on a desktop, start the keyring (gnome-keyring, KWallet), and run awsexec inside the session that has it"
	case errors.Is(err, keystore.ErrCorrupt):
		return "the file was left as it is; restore it from a backup, or move it away and add the keys again"
	case errors.Is(err, keystore.ErrTooBig):
		return "keep keys in the encrypted file instead: --keystore file"
	}
	return ""
}

// hintOfLocked is about a store that nobody has unlocked.
func hintOfLocked(a *advisor) string {
	const file = "set AWSEXEC_PASSPHRASE for the encrypted file"
	switch {
	case a.session.Opened() == nil || a.session.Opened().Kind() != keystore.KindFile:
		return "unlock the keyring in your desktop session, or " + file
	case a.settings.CanHold():
		return file + ", or give its passphrase once on a terminal for some hours: awsexec unlock"
	}
	return file
}

func hintOfProfile(err error, a *advisor, name string) string {
	var missing *profile.NotFoundError
	var noKey *provider.NoKeyError
	var duration *provider.DurationError
	switch {
	case errors.As(err, &missing):
		return fmt.Sprintf("see which there are: awsexec list\nstore a key under this name: awsexec add %s", quoteWord(missing.Name))
	case errors.As(err, &noKey) && noKey.Why == "":
		return fmt.Sprintf("store its key: awsexec add %s", quoteWord(noKey.Profile))
	case errors.Is(err, keystore.ErrNotFound):
		return "see which keys there are: awsexec list"
	case errors.As(err, &duration) && !duration.Asked:
		return fmt.Sprintf("change duration_seconds of profile %q in %s", name, visible.Text(a.settings.Files.Config))
	}
	return ""
}

func hintOfMFA(err error, a *advisor, name string) string {
	switch {
	case errors.Is(err, provider.ErrNoHuman):
		return fmt.Sprintf("make a session on a terminal first, it then serves everywhere: awsexec --profile %s -- true\n", quoteWord(name)) +
			"or let a program give the code: mfa_process = COMMAND in the profile\n" +
			"or give it yourself: AWSEXEC_MFA_CODE=123456"
	case errors.Is(err, provider.ErrCodeUsed):
		return "wait for the next code, at most 30 seconds"
	case errors.Is(err, provider.ErrCodeWrong):
		return "check that mfa_serial names the device that shows the code, and that this machine's and the device's clocks are right"
	case errors.Is(err, session.ErrTooLong):
		return fmt.Sprintf("make a session on a terminal first, it then serves everywhere: awsexec --profile %s -- true", quoteWord(name))
	case errors.Is(err, term.ErrNoTerminal):
		return "run this on a terminal, or see awsexec --help for a way without one"
	}
	return ""
}

// hintOfGiven is about credentials that others make.
func hintOfGiven(err error, a *advisor, _ string) string {
	if errors.Is(err, server.ErrNoExpiry) {
		return "give them to the program as they are: awsexec -- CMD"
	}
	var given *provider.GivenError
	if !errors.As(err, &given) {
		return ""
	}
	var fault *awsapi.WireError
	if errors.As(err, &fault) {
		if served := a.settings.Env("AWSEXEC_PROFILE"); served != "" && given.Kind == provider.Container && fault.Kind == awsapi.NoConnection {
			return "awsexec serve has ended; start the program again: awsexec serve -p " + quoteWord(served) + " -- CMD"
		}
		return ""
	}
	switch given.Kind {
	case provider.SSO:
		if s := given.Profile.SSO; s.Session != "" {
			return "sign in again: aws sso login --sso-session " + quoteWord(s.Session)
		}
		return "sign in again: aws sso login --profile " + quoteWord(given.Profile.Name)
	case provider.Login:
		return "sign in again: aws login --profile " + quoteWord(given.Profile.Name)
	}
	return ""
}

// hintOfRenewal is about programs that cannot renew their credentials.
func hintOfRenewal(err error, a *advisor, _ string) string {
	var source *renew.SourceError
	var passphrase *renew.PassphraseError
	var astray *renew.AstrayError
	switch {
	case errors.As(err, &source) && source.Given():
		return "name a profile whose key is stored: awsexec --refresh --profile NAME -- …"
	case errors.As(err, &source):
		return "start it without awsexec: SDKs renew such credentials by themselves"
	case errors.As(err, &passphrase):
		return hintOfPassphrase(a, passphrase.Profile)
	case errors.As(err, &astray):
		return "see what is in its way: awsexec doctor --profile " + quoteWord(astray.Profile)
	}
	return ""
}

// hintOfPassphrase is the advice where each renewal for a profile needs a passphrase.
func hintOfPassphrase(a *advisor, name string) string {
	stay := fmt.Sprintf("have awsexec stay and renew for the program: awsexec serve --profile %s -- …", quoteWord(name))
	if a.settings.CanHold() {
		return "open it for some hours: awsexec unlock --for 8h\nor " + stay
	}
	return stay
}

func hintOfAWS(err error, a *advisor, name string) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return ""
	}
	message := api.ErrorMessage()
	switch api.ErrorCode() {
	case "InvalidClientTokenId":
		return fmt.Sprintf("the key was deleted or switched off in IAM, or belongs to another partition than the region's; store a new one: awsexec add %s --force", quoteWord(name))
	case "SignatureDoesNotMatch":
		if strings.Contains(message, "Signature expired") || strings.Contains(message, "not yet current") {
			return "this machine's clock is wrong by more than 5 minutes: set it"
		}
		return fmt.Sprintf("the secret does not belong to this key id; store the key again: awsexec add %s --force", quoteWord(name))
	case "ExpiredToken":
		return "get new credentials where these came from"
	case "RegionDisabledException":
		return "name a region that is enabled in your account: --region us-east-1"
	case "Throttling", "ThrottlingException":
		return "AWS is being asked too often; try again in a moment"
	case "AccessDenied":
		switch {
		case strings.Contains(message, "with session credentials"):
			return "GetSessionToken takes the long-term key of an IAM user only"
		case strings.Contains(message, "unable to validate MFA code"):
			return fmt.Sprintf("mfa_serial of profile %q must be the ARN of a device of that very user", name)
		default:
			return fmt.Sprintf("a policy of the account forbids this; if it demands MFA, add mfa_serial to profile %q in %s", name, visible.Text(a.settings.Files.Config))
		}
	}
	return ""
}

// hintOfWire is about what stands between us and a service.
func hintOfWire(fault *awsapi.WireError) string {
	const endpoint = "check HTTPS_PROXY, and the endpoint if it is one of your own: AWS_ENDPOINT_URL, endpoint_url"
	switch fault.Kind {
	case awsapi.NameUnknown:
		return "check the network, and the region: --region"
	case awsapi.NoConnection, awsapi.TimedOut, awsapi.BrokenOff:
		return "check the network and HTTPS_PROXY"
	case awsapi.ProxyInvalid:
		return "write it as HTTPS_PROXY=http://HOST:PORT"
	case awsapi.ProxyFailed:
		if fault.Status == http.StatusProxyAuthRequired {
			return "the proxy wants a user and a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
		}
		return "check HTTPS_PROXY; for hosts that are to be reached without it, NO_PROXY"
	case awsapi.WebPage, awsapi.Redirected:
		return "if this network wants you to sign in, do so in a browser\n" + endpoint
	case awsapi.CertTime:
		return "set this machine's clock if it is wrong; otherwise whoever runs the host has to renew the certificate"
	case awsapi.CertIssuer:
		return "if a proxy inspects TLS here, name its root certificate: AWS_CA_BUNDLE=FILE or ca_bundle in the profile"
	case awsapi.BadStatus:
		if fault.Status >= 500 || fault.Status == http.StatusTooManyRequests {
			return "try again in a moment\n" + endpoint
		}
	}
	return endpoint
}

func hintOfNetwork(err error, a *advisor, _ string) string {
	var fault *awsapi.WireError
	var endpoint *awsapi.EndpointError
	var network net.Error
	var op *net.OpError
	switch {
	case errors.As(err, &op) && op.Op == "listen":
		return "name an address of this machine, and a port that is free: awsexec serve --listen 127.0.0.1:0"
	case errors.As(err, &fault):
		return hintOfWire(fault)
	case errors.As(err, &endpoint):
		return "write it as https://HOST[:PORT], in AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS or endpoint_url of the profile"
	case errors.As(err, &network) && !isErrno(network):
		return "check the network and HTTPS_PROXY"
	case errors.Is(err, fs.ErrPermission):
		return "check who owns the file, and its mode"
	}
	return ""
}

// isErrno tells errors of the system, of a file perhaps, which have the methods of those of the network.
func isErrno(err error) bool {
	_, ok := err.(syscall.Errno)
	return ok
}

func hintOfChild(err error, _ *advisor, _ string) string {
	if errors.Is(err, exec.ErrNotFound) {
		return "check the spelling and PATH"
	}
	return ""
}
