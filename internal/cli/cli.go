package cli

const description = `Keeps long-term AWS access keys in the OS keyring and gives programs short-lived credentials.`

// usage stands above kong's list of flags and commands: the two main uses have no command word.
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
	Unlock     unlockCmd     `cmd:"" help:"Make the keystore usable without its passphrase for a time."`
	Lock       lockCmd       `cmd:"" help:"End what unlock has begun."`
	Rotate     rotateCmd     `cmd:"" help:"Replace a stored key by a new one, and delete the old one at AWS."`
	Clear      clearCmd      `cmd:"" help:"Forget sessions; the keys stay."`
	Whoami     whoamiCmd     `cmd:"" help:"Show whom AWS takes you for."`
	Export     exportCmd     `cmd:"" help:"Print credentials for a shell, as \"aws configure export-credentials\" does."`
	Passphrase passphraseCmd `cmd:"" help:"Change the passphrase of the encrypted file."`
	Doctor     doctorCmd     `cmd:"" help:"Show which credentials each AWS client would use here, and what is wrong."`
	Serve      serveCmd      `cmd:"" help:"Serve credentials to programs that fetch them over HTTP, as containers do; with -- CMD, to CMD."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// flags are shared by all commands. An empty one leaves the matter to the environment, the profile, or the default.
type flags struct {
	Profile   names  `short:"p" sep:"none" placeholder:"NAME" help:"The profile (default: $$AWS_PROFILE, $$AWS_DEFAULT_PROFILE, or \"default\"). Only serve takes several, others the last."`
	Duration  string `placeholder:"TIME" help:"How long the credentials live, as 1h30m or in seconds ($$AWSEXEC_DURATION)."`
	Region    string `placeholder:"REGION" help:"The AWS region, for STS and for CMD (default: $$AWS_REGION, $$AWS_DEFAULT_REGION, or the profile's)."`
	Keystore  string `placeholder:"KIND" help:"Where keys are kept: auto, keyring or file ($$AWSEXEC_KEYSTORE)."`
	NoSession bool   `help:"Give the long-term keys themselves, without a session. For what AWS refuses to sessions made without MFA, such as IAM."`
	Refresh   bool   `help:"Let CMD renew its credentials through awsexec for as long as it runs ($$AWSEXEC_REFRESH)."`
	NoPrompt  bool   `help:"Never ask a person for anything ($$AWSEXEC_NO_PROMPT)."`
	Debug     bool   `help:"Tell on standard error what is done. No secret is ever shown."`
}

// names is a flag that may be repeated.
type names []string
