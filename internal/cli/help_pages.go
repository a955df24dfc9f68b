package cli

import "github.com/awsexec/awsexec/internal/manual"

// told is what help and the manual say about a command besides its grammar.
type told struct {
	detail   string // for the manual page alone
	examples []manual.Entry
}

// pages has an entry for each command.
var pages = map[string]told{
	"add": {`Without --env, --stdin or --csv, what is missing is asked for on the terminal: the name, the key (its secret is not shown), the region and the MFA device of the profile. AWS is asked whose key it is before it is stored, and the lines for the AWS config file are shown and written after consent. Nothing is stored before the last answer. The name of the key is that of the profile that uses it.`,
		[]manual.Entry{
			{Name: "awsexec add work", Text: "ask for the key, set up the profile"},
			{Name: "awsexec add work --csv accessKeys.csv", Text: "take what the AWS console gave"},
		}},
	"import": {`A diff is shown, without secrets, and the files are changed after consent. Every other line is kept, and a copy of each file without its secrets stays beside it.`,
		[]manual.Entry{
			{Name: "awsexec import --dry-run", Text: "show which keys, and what would change"},
			{Name: "awsexec import work", Text: "move the key of one profile"},
		}},
	"list": {`Neither the keyring nor the encrypted file is opened.`,
		[]manual.Entry{
			{Name: "awsexec list", Text: "show the keys and how long their sessions last"},
			{Name: "awsexec list --json", Text: "the same for a program"},
		}},
	"remove": {`The keys stay active at AWS. The sessions of a key are deleted with the last name that it is stored under. On a terminal, the credential_process lines that lead to the keys are shown, and taken out of the AWS config file after consent; with --yes they stay, unless --write-config is given.`,
		[]manual.Entry{
			{Name: "awsexec remove work", Text: "ask, then remove"},
			{Name: "awsexec remove --all --yes --write-config", Text: "leave awsexec"},
		}},
	"rotate": {`A new key of the same user is made, stored and tried before the old one is switched off and deleted. If the command is interrupted at any step, a key that works is stored, and the same command finishes.`,
		[]manual.Entry{
			{Name: "awsexec rotate work", Text: "replace the key that is stored as \"work\""},
			{Name: "awsexec rotate work --yes", Text: "the same, without being asked"},
		}},
	"clear": {`The next call makes a new session, and asks for a code if the profile has mfa_serial.`,
		[]manual.Entry{
			{Name: "awsexec clear", Text: "delete all sessions"},
			{Name: "awsexec clear work", Text: "delete those of one key"},
		}},
	"whoami": {`AWS STS is asked, with the credentials that a program would get.`,
		[]manual.Entry{
			{Name: "awsexec whoami work", Text: "account, user or role, and when it ends"},
			{Name: "awsexec whoami -p work --json", Text: "the same for a program"},
		}},
	"doctor": {`The AWS files, the environment and the list of keys are read. No key is opened, and nobody is asked. No request is made without --online. The exit code is 1 if something is wrong.`,
		[]manual.Entry{
			{Name: "awsexec doctor", Text: "examine the profile that is used here"},
			{Name: "awsexec doctor -p work --online", Text: "also ask AWS"},
		}},
	"log": {`A line is written each time that a program gets credentials. Without --since, --follow begins with the last ten. The log has no secrets; AWSEXEC_LOG=0 switches it off.`,
		[]manual.Entry{
			{Name: "awsexec log -p work --since 2h", Text: "which programs had them, the newest last"},
			{Name: "awsexec log ASIAIOSFODNN7EXAMPLE", Text: "who had this key"},
		}},
	"sso": {`The sign-in is that of "awsexec login", which is renewed as long as AWS allows, or that of the AWS CLI.`,
		[]manual.Entry{
			{Name: "awsexec sso list", Text: "which accounts and roles there are"},
			{Name: "awsexec sso populate", Text: "write profiles for them"},
		}},
	"sso list": {`Without --session, the sign-in is that of the selected profile, or the only one in the AWS files. The last column has the profiles that are there for a role.`,
		[]manual.Entry{
			{Name: "awsexec sso list --session corp", Text: "all of them"},
			{Name: "awsexec sso list --filter 'prod-*:Admin' --json", Text: "some of them, for a program"},
		}},
	"sso populate": {`The profiles are in a marked block at the end of the file, a block for each sign-in. A diff is shown, and the file is changed after consent; every other byte is kept, and a copy of the file stays beside it. Profiles that are in the block keep their names and lines, so you may add settings to them. No profile gets a name that another one or a stored key has.

Without --region, the region is that of the sign-in.`,
		[]manual.Entry{
			{Name: "awsexec sso populate --region eu-west-1", Text: "for all roles"},
			{Name: "awsexec sso populate --filter 'prod-*' --prune --yes", Text: "without questions"},
		}},
	"export": {`The formats are those of "aws configure export-credentials".`,
		[]manual.Entry{
			{Name: `eval "$(awsexec export -p work --format env)"`, Text: "into this shell"},
			{Name: "awsexec export -p work", Text: "as JSON"},
		}},
	"login": {`A profile of IAM Identity Center is meant, one with login_session, one that builds on such a one, or an sso-session. The browser brings the answer back to a port of this machine; where there is no browser, and with --remote, one elsewhere shows a code to compare or to copy. Nobody has to sign in who still is, and awsexec renews the tokens by itself as long as AWS allows. They are in a file that only the sealing key in the keystore opens. AWSEXEC_BROWSER and BROWSER stand in for --browser.`,
		[]manual.Entry{
			{Name: "awsexec login work", Text: "sign in in a browser"},
			{Name: "awsexec login work --remote", Text: "with a browser elsewhere, as by ssh"},
			{Name: "awsexec login me --new", Text: "a profile for your console sign-in"},
		}},
	"logout": {`The session at AWS is ended, and its tokens and the sessions that were made with it are removed here, also if AWS cannot be reached. Credentials that programs already have are valid until they expire. What the AWS CLI has of its own is left, and named.`,
		[]manual.Entry{
			{Name: "awsexec logout work", Text: "end the sign-in of a profile"},
			{Name: "awsexec logout --all", Text: "end all"},
		}},
	"console": {`The link that the browser gets leads to awsexec, works once and redirects to AWS; the sign-in token is in no argument of a program. Roles and sign-ins are used as they are. The key of an IAM user makes a session by GetFederationToken, which counts as one without MFA and cannot call IAM. --read-only and --policy narrow roles and users. In --browser, {url} stands for the link, {encoded_url} for the link as a part of another one, and {profile} for the profile; without --browser, AWSEXEC_BROWSER and BROWSER count.`,
		[]manual.Entry{
			{Name: "awsexec console work --service s3", Text: "as the role or user of the profile"},
			{Name: "awsexec console work --print", Text: "print the link, for another machine"},
		}},
	"ssh": {`A -p before the options of ssh names the profile; for the port of ssh take -o Port=22. The remote program fetches credentials from this machine, through a port that ssh forwards, and renews them as long as the connection lasts. Its token is in a file that only the remote user can read, and is gone afterwards.`,
		[]manual.Entry{
			{Name: "awsexec ssh -p work build-host", Text: "a shell"},
			{Name: "awsexec ssh -p work -J jump host -- ./deploy.sh", Text: "a program; -J is for ssh"},
		}},
	"eks-token": {`kubectl runs it as a credential plugin, in place of "aws eks get-token", and takes the token for 14 minutes. The credentials are those of the profile, from the cache; for a role, name a profile with role_arn. The region must be that of the cluster's STS endpoint.`,
		[]manual.Entry{
			{Name: "awsexec eks-token -p work --cluster main", Text: "for the cluster main"},
		}},
	"docker-credential": {`Docker, Podman and others run it under the name docker-credential-awsexec, a link to awsexec, for registries that their configuration gives to the helper awsexec. The profile is that whose awsexec_registries has the host, or else the selected one. Nothing of Docker is stored: a password is made by a call of ECR and kept in the cache as long as the session that made it.`,
		[]manual.Entry{
			{Name: "awsexec docker-credential list", Text: "which registries the profiles name"},
		}},
	"serve": {`Programs in containers and those that cannot call awsexec get credentials from an address on this machine, with a token. They are renewed before they expire.`,
		[]manual.Entry{
			{Name: "awsexec serve -p work -- ./dev-server", Text: "for one program, until it ends"},
		}},
	"backup": {`The file is an age file with JSON in it: each key with its name, its TOTP secret, and the journal of a rotation that is not finished. Profiles and sessions are not in it. It takes the keys of the keystore that is used, or that --keystore names.`,
		[]manual.Entry{
			{Name: "awsexec backup keys.age --passphrase", Text: "with a passphrase"},
			{Name: "awsexec backup keys.age --recipient ~/.ssh/id_ed25519.pub", Text: "for the owner of an SSH key"},
		}},
	"restore": {`What would be done is shown before you are asked. A key that is there already is left alone, so the command may be repeated. Another key under the same name is an error, or is replaced with --force.`,
		[]manual.Entry{
			{Name: "awsexec restore keys.age --dry-run", Text: "see what is in it"},
			{Name: "awsexec restore keys.age --identity ~/.ssh/id_ed25519", Text: "open it with an SSH key"},
		}},
	"mfa": {`With mfa_totp = keystore in the profile, awsexec makes the codes itself, from a secret in the keystore. Whoever can open that has both factors then: it is one factor of two no more.`,
		[]manual.Entry{
			{Name: "awsexec mfa add work", Text: "ask for the secret of a device"},
			{Name: "awsexec mfa remove work", Text: "go back to typing the codes"},
		}},
	"mfa add": {`The secret is asked for, and not shown: base32, as the AWS console shows it, or the otpauth:// URL in its QR code. It is removed with the key, and moves with it. No command prints it: keep a copy elsewhere, or another device.

With --new, IAM makes a device, if the user may do that. It is enabled with two codes, the second of which comes up to 30 seconds later. If that fails, the device and the secret are removed again.`,
		[]manual.Entry{
			{Name: "awsexec mfa add work", Text: "ask for the secret of a device"},
			{Name: "awsexec mfa add work --new --write-config", Text: "a new device for the user"},
		}},
	"mfa remove": {`The device stays registered at AWS.`,
		[]manual.Entry{
			{Name: "awsexec mfa remove work", Text: "go back to typing the codes"},
		}},
	"keystore": {`Keys are in the OS keyring, in an encrypted file, or with a program that keeps passwords. The file is opened with a passphrase, or with an age identity: one of age's own, an SSH key, or one that a plugin keeps in hardware.`,
		[]manual.Entry{
			{Name: "awsexec keystore status", Text: "which keystore is used, and who can open it"},
			{Name: "awsexec keystore init --identity ~/.ssh/id_ed25519", Text: "a file that an SSH key opens"},
		}},
	"keystore status": {`Nothing is opened, and nobody is asked. The recipients are those that this machine has last written; "awsexec keystore recipients" opens the file and shows those that it has.`,
		[]manual.Entry{
			{Name: "awsexec keystore status", Text: "which keystore, its state, how many keys"},
			{Name: "awsexec keystore status --json", Text: "the same for a program"},
		}},
	"keystore migrate": {`The keys are copied and read back, then auto means the new keystore, and then they are removed from the old one. If the command is interrupted at any step, each key is in one of them at least, and the same command finishes. With names, other keys stay, and auto means what it did.`,
		[]manual.Entry{
			{Name: "awsexec keystore migrate --to helper:pass", Text: "move all keys to pass"},
			{Name: "awsexec keystore migrate --to file work --yes", Text: "only this one, without being asked"},
		}},
	"keystore init": {`A file that is there is encrypted anew, after it was opened as it is. Before that, the identity is tried. A file that has recipients already is not changed: --identity then says what opens it on this machine.`,
		[]manual.Entry{
			{Name: "awsexec keystore init --identity key.txt --recovery", Text: "open it with an age identity"},
			{Name: "awsexec keystore init --passphrase", Text: "open it with a passphrase"},
		}},
	"keystore recipients": {`The file is opened for that. A change is made as a whole or not at all, and ends "awsexec unlock".`,
		[]manual.Entry{
			{Name: "awsexec keystore recipients", Text: "who can open the file"},
			{Name: "awsexec keystore recipients add age1…", Text: "somebody more"},
		}},
	"keystore recipients list": {`The file is opened for that.`,
		[]manual.Entry{
			{Name: "awsexec keystore recipients list", Text: "who can open the file"},
		}},
	"keystore recipients add": {`The file is opened and encrypted anew.`,
		[]manual.Entry{
			{Name: "awsexec keystore recipients add ~/.ssh/id_ed25519.pub", Text: "an SSH key too"},
		}},
	"keystore recipients remove": {`The file is opened and encrypted anew. The last recipient cannot be removed, nor the one whose identity this machine has. Whoever has an old copy of the file and an identity that was removed can still open the copy: if that may be so, rotate the keys.`,
		[]manual.Entry{
			{Name: "awsexec keystore recipients remove age1qqtls", Text: "its beginning is enough"},
		}},
	"unlock": {`On Linux the kernel holds the opened key until the time is over, awsexec lock is called or the machine restarts. Every program of yours can use awsexec until then, and nobody is asked for a passphrase, a PIN or a touch.`,
		[]manual.Entry{
			{Name: "awsexec unlock", Text: "for 8 hours"},
			{Name: "awsexec unlock --for 30m", Text: "for half an hour"},
		}},
	"lock": {`The kernel forgets all keys of awsexec.`,
		[]manual.Entry{
			{Name: "awsexec lock", Text: "from now on the passphrase is asked for again"},
		}},
	"passphrase": {`The old passphrase is asked for first. Copies of the file from before still open with the old one.`,
		[]manual.Entry{
			{Name: "awsexec passphrase", Text: "ask for the old and the new one"},
		}},
	"completion": {`The script asks awsexec for commands, flags, profiles and keys. After -- it completes the program that awsexec runs as the shell would without awsexec.`,
		[]manual.Entry{
			{Name: "source <(awsexec completion bash)", Text: "in ~/.bashrc; zsh likewise in ~/.zshrc"},
			{Name: "awsexec completion fish | source", Text: "in ~/.config/fish/config.fish"},
		}},
	"help": {"", []manual.Entry{
		{Name: "awsexec help add", Text: "a command"},
		{Name: "awsexec help flags", Text: "a topic"},
	}},
	"version": {"", []manual.Entry{
		{Name: "awsexec version", Text: "also: awsexec --version, awsexec -V"},
	}},
}
