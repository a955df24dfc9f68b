package cli

// purpose is what awsexec is for.
const purpose = `Give programs short-lived AWS credentials, and keep the long-term keys safe.`

// detail is what the manual page tells about awsexec itself.
const detail = `The first form prints the credentials of a profile as JSON. It is what the credential_process line of a profile in ~/.aws/config runs, so that every AWS SDK and tool gets them: credential_process = awsexec --profile NAME

The second form becomes CMD, with the credentials in its environment. Everything after the first -- belongs to CMD.

Long-term keys are in the OS keyring, or in an encrypted file. The credentials that programs get are made with AWS STS GetSessionToken and AssumeRole, and end by themselves. Those of IAM Identity Center, web identity, containers and instances are passed on as they are.`

// cli is the command line before "--". The tag heeds names those of flags that a
// command heeds.
type cli struct {
	flags
	ShowVersion bool `name:"version" short:"V" help:"Print the version."`

	Print printCmd `cmd:"" default:"1" hidden:"" help:"Print credentials for credential_process." heeds:"profile,pick,duration,region,read-only,policy,policy-arn,keystore,no-session,no-prompt,debug"`

	Add    addCmd    `cmd:"" group:"Keys" help:"Store a long-term access key." heeds:"profile,region,keystore,no-prompt,debug"`
	Import importCmd `cmd:"" group:"Keys" help:"Move plaintext keys of the AWS files into the keystore." heeds:"profile,region,keystore,no-prompt,debug"`
	List   listCmd   `cmd:"" group:"Keys" help:"List the stored keys, their sessions, and the sign-ins." heeds:"keystore,debug"`
	Remove removeCmd `cmd:"" group:"Keys" help:"Remove stored keys and their sessions." heeds:"profile,keystore,no-prompt,debug"`
	Rotate rotateCmd `cmd:"" group:"Keys" help:"Replace a key by a new one, and delete the old one at AWS." heeds:"profile,region,keystore,no-prompt,debug"`
	MFA    mfaCmd    `cmd:"" group:"Keys" name:"mfa" help:"Keep the secret of an MFA device beside a key."`
	Clear  clearCmd  `cmd:"" group:"Keys" help:"Delete cached sessions, but keep the keys." heeds:"profile,keystore,debug"`

	Whoami whoamiCmd `cmd:"" group:"What is used" help:"Print the identity that AWS sees." heeds:"profile,pick,duration,region,read-only,policy,policy-arn,keystore,no-session,no-prompt,debug"`
	Doctor doctorCmd `cmd:"" group:"What is used" help:"Show which credentials AWS clients use, and what to fix." heeds:"profile,pick,duration,region,read-only,policy,policy-arn,keystore,no-session,debug"`
	Log    logCmd    `cmd:"" group:"What is used" help:"Show what was handed out to which program." heeds:"profile,debug"`

	Login   loginCmd   `cmd:"" group:"Sign in" help:"Sign in at IAM Identity Center, or as at the AWS console." heeds:"profile,region,keystore,no-prompt,debug"`
	Logout  logoutCmd  `cmd:"" group:"Sign in" help:"Sign out, and remove the tokens." heeds:"profile,keystore,debug"`
	SSO     ssoCmd     `cmd:"" group:"Sign in" name:"sso" help:"List IAM Identity Center roles, and write their profiles."`
	Console consoleCmd `cmd:"" group:"Sign in" help:"Open the AWS console in a browser, signed in." heeds:"profile,pick,duration,region,read-only,policy,policy-arn,keystore,no-prompt,debug"`

	Export           exportCmd           `cmd:"" group:"Hand out" help:"Print credentials for a shell or a file." heeds:"profile,pick,duration,region,read-only,policy,policy-arn,keystore,no-session,no-prompt,debug"`
	SSH              sshCmd              `cmd:"" group:"Hand out" name:"ssh" help:"Give a program on another host credentials that stay here." heeds:"profile,duration,region,read-only,policy,policy-arn,keystore,no-prompt,debug"`
	Serve            serveCmd            `cmd:"" group:"Hand out" help:"Serve credentials over HTTP, as containers get them." heeds:"profile,pick,duration,region,read-only,policy,policy-arn,keystore,no-prompt,debug"`
	EKSToken         eksTokenCmd         `cmd:"" name:"eks-token" group:"Hand out" help:"Print a token for a Kubernetes cluster, for kubectl." heeds:"profile,pick,duration,region,keystore,no-session,no-prompt,debug"`
	DockerCredential dockerCredentialCmd `cmd:"" name:"docker-credential" group:"Hand out" help:"Give Docker passwords for Amazon ECR." heeds:"profile,duration,region,read-only,policy,policy-arn,keystore,no-session,no-prompt,debug"`

	Backup     backupCmd     `cmd:"" group:"Keystore" help:"Write all keys into one encrypted file." heeds:"keystore,no-prompt,debug"`
	Restore    restoreCmd    `cmd:"" group:"Keystore" help:"Store the keys of a backup." heeds:"keystore,no-prompt,debug"`
	Keystore   keystoreCmd   `cmd:"" group:"Keystore" help:"Show where keys are, move them, or change what opens them."`
	Unlock     unlockCmd     `cmd:"" group:"Keystore" help:"Open the keystore once, for some hours." heeds:"keystore,no-prompt,debug"`
	Lock       lockCmd       `cmd:"" group:"Keystore" help:"Lock the keystore again, before that time is over." heeds:"keystore,debug"`
	Passphrase passphraseCmd `cmd:"" group:"Keystore" help:"Change the passphrase of the encrypted file." heeds:"keystore,no-prompt,debug"`

	Completion completionCmd `cmd:"" group:"awsexec itself" help:"Print the script that completes lines in a shell."`
	Help       helpCmd       `cmd:"" group:"awsexec itself" help:"Print help about a command or a topic."`
	Version    versionCmd    `cmd:"" group:"awsexec itself" help:"Print the version."`
	Complete   completeCmd   `cmd:"" hidden:"" help:"Print what may stand in a place."`
}

// flags are shared by all commands. The environment, the profile and the defaults
// stand in for those that are empty. The tag detail is for the manual page.
type flags struct {
	Profile   names    `short:"p" sep:"none" placeholder:"NAME" complete:"profile" help:"Use this profile." detail:"Without it: AWS_PROFILE, AWS_DEFAULT_PROFILE, or \"default\". With it, keys in the environment do not count. Commands take it as an argument too. Only serve and import take more than one; others take the last."`
	Pick      bool     `help:"Pick the profile from a list." detail:"On a terminal, a list of the profiles is shown, with their accounts and regions, those picked last first. It is filtered as you type."`
	Duration  string   `placeholder:"TIME" complete:"duration" help:"Set how long the credentials are valid." detail:"Written as 1h30m, or in seconds. Without it: AWSEXEC_DURATION, the profile's duration_seconds, or 1 hour; 12 hours where it costs an MFA code."`
	Region    string   `placeholder:"REGION" complete:"region" help:"Set the AWS region, for STS and for CMD." detail:"Without it: AWS_REGION, AWS_DEFAULT_REGION, or the profile's region."`
	ReadOnly  bool     `help:"Let the credentials read, and nothing else." detail:"AWS's policy ReadOnlyAccess narrows them. AWSEXEC_READ_ONLY=1 and awsexec_read_only in the profile do the same."`
	Policy    []string `sep:"none" placeholder:"FILE|JSON" complete:"file" help:"Let them do no more than this policy allows." detail:"A session policy of at most 2,048 characters without its spaces. AWSEXEC_POLICY and awsexec_policy do the same. It narrows roles and the keys of IAM users without MFA. What the profile asks for cannot be changed by a flag."`
	PolicyARN []string `name:"policy-arn" sep:"none" placeholder:"ARN" help:"Let them do what this managed policy allows." detail:"It may be repeated: the ARN of a policy of the account, or the name of one of AWS, such as job-function/ViewOnlyAccess. Several, and --policy, allow what any of them allows. AWSEXEC_POLICY_ARNS and awsexec_policy_arns do the same, with commas."`
	Keystore  string   `placeholder:"KIND" complete:"keystore" help:"Set where keys are: auto, keyring, file, helper:NAME." detail:"Without it: AWSEXEC_KEYSTORE, or auto. Auto is where you have moved the keys; else the OS keyring, or else the encrypted file if you have made one. Helper:NAME stores them with the program docker-credential-NAME."`
	NoSession bool     `help:"Give the long-term key itself, without a session." detail:"For calls that AWS refuses to sessions made without MFA, such as those of IAM. It warns, because the key does not expire."`
	Refresh   bool     `help:"Let CMD renew its credentials as long as it runs." detail:"CMD gets a profile in place of credentials, and its AWS SDK renews them through awsexec. AWSEXEC_REFRESH=1 does the same."`
	NoPrompt  bool     `help:"Never ask a person." detail:"AWSEXEC_NO_PROMPT=1 does the same."`
	Debug     bool     `help:"Print debug output to stderr, without secrets."`
}

// names is a flag that may be repeated.
type names []string
