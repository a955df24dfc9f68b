package cli

const description = `Keeps long-term AWS access keys in the OS keyring and gives programs short-lived credentials.`

// usage stands above the list of flags and commands that kong prints: the two
// main uses have no command word.
const usage = `Usage: awsexec [-p NAME] [flags]                  print credentials for credential_process
       awsexec [-p NAME] [flags] -- CMD [ARG…]    run CMD with short-lived credentials
       awsexec [flags] COMMAND …

`

// cli is the command line before "--".
type cli struct {
	flags

	Print      printCmd      `cmd:"" default:"1" hidden:"" help:"Print credentials for credential_process."`
	Add        addCmd        `cmd:"" help:"Store a long-term access key."`
	Import     importCmd     `cmd:"" help:"Move long-term keys out of the AWS files into the keystore."`
	List       listCmd       `cmd:"" help:"List the stored keys and their sessions."`
	Remove     removeCmd     `cmd:"" help:"Remove a stored key and its sessions."`
	Unlock     unlockCmd     `cmd:"" help:"Ask for the keystore's passphrase once, for some hours."`
	Lock       lockCmd       `cmd:"" help:"Lock the keystore again, before that time is over."`
	Rotate     rotateCmd     `cmd:"" help:"Replace a stored key with a new one, and delete the old one at AWS."`
	Clear      clearCmd      `cmd:"" help:"Delete cached sessions, but keep the keys."`
	Whoami     whoamiCmd     `cmd:"" help:"Print the identity that AWS sees."`
	Export     exportCmd     `cmd:"" help:"Print credentials for a shell, as \"aws configure export-credentials\" does."`
	Passphrase passphraseCmd `cmd:"" help:"Change the passphrase of the encrypted file."`
	Doctor     doctorCmd     `cmd:"" help:"Show which credentials each AWS client would use here, and what to fix."`
	Serve      serveCmd      `cmd:"" help:"Serve credentials over HTTP, as containers get them; with -- CMD, to CMD."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// flags are shared by all commands. The environment, the profile and the defaults
// stand in for those that are empty.
type flags struct {
	Profile   names  `short:"p" sep:"none" placeholder:"NAME" help:"Use this profile (default: $$AWS_PROFILE, $$AWS_DEFAULT_PROFILE, or \"default\"). Only serve takes more than one; other commands take the last."`
	Duration  string `placeholder:"TIME" help:"Set how long the credentials are valid, as 1h30m or in seconds ($$AWSEXEC_DURATION)."`
	Region    string `placeholder:"REGION" help:"Set the AWS region, for STS and for CMD (default: $$AWS_REGION, $$AWS_DEFAULT_REGION, or the profile's)."`
	Keystore  string `placeholder:"KIND" help:"Choose where keys are stored: auto, keyring or file ($$AWSEXEC_KEYSTORE)."`
	NoSession bool   `help:"Use the long-term keys themselves, without a session, for calls that AWS refuses to sessions made without MFA, such as IAM."`
	Refresh   bool   `help:"Let CMD renew its credentials through awsexec as long as it runs ($$AWSEXEC_REFRESH)."`
	NoPrompt  bool   `help:"Never prompt ($$AWSEXEC_NO_PROMPT)."`
	Debug     bool   `help:"Print debug output to stderr, without secrets."`
}

// names is a flag that may be repeated.
type names []string
