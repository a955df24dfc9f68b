package manual

// Environment is the topic of the variables that awsexec reads and sets.
var Environment = Topic{
	Name:    "environment",
	Purpose: "Variables that awsexec reads, and those that it sets for the programs that it runs. A flag wins over its variable.",
	Entries: []Entry{
		{"AWS_PROFILE, AWS_DEFAULT_PROFILE", "The profile, without --profile. The first wins."},
		{"AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN", "Credentials that win over AWS_PROFILE, and lose to --profile. Without a session token they are a long-term key, which awsexec makes a session from."},
		{"AWS_ACCOUNT_ID", "The account of those credentials. It is set for CMD where it is known."},
		{"AWS_CREDENTIAL_EXPIRATION", "When the credentials in the environment expire."},
		{"AWS_REGION, AWS_DEFAULT_REGION", "The region, without --region. The first wins. Both win over the profile's region."},
		{"AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE", "The AWS files, in place of ~/.aws/config and ~/.aws/credentials."},
		{"AWS_CA_BUNDLE, HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "How AWS is reached, as in the AWS SDKs."},
		{"AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT, AWS_STS_REGIONAL_ENDPOINTS", "Which endpoints are called, as in the AWS SDKs."},
		{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "Where a container gets its credentials, as in the AWS SDKs. \"awsexec serve -- CMD\" sets them for CMD."},
		{"AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME", "A role that a web identity token gives, for a profile without credentials that --profile does not name."},
		{"AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE, AWS_EC2_METADATA_V1_DISABLED, AWS_IMDS_USE_IPV6, AWS_METADATA_SERVICE_TIMEOUT, AWS_METADATA_SERVICE_NUM_ATTEMPTS", "Whether and where an EC2 instance is asked for its credentials, as in the AWS SDKs."},
		{"AWS_LOGIN_CACHE_DIRECTORY", "Where \"aws login\" keeps its tokens, as in the AWS SDKs."},
		{"AWSEXEC_DURATION", "How long credentials are valid, as --duration."},
		{"AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL_ECR_PUBLIC", "Where ECR is, for \"awsexec docker-credential\", as in the AWS SDKs."},
		{"KUBERNETES_EXEC_INFO", "Which version of the answer kubectl wants from \"awsexec eks-token\"."},
		{"AWSEXEC_READ_ONLY", "1 is --read-only. Set for CMD if its credentials are narrowed so, and then an awsexec within narrows what it gives, too."},
		{"AWSEXEC_POLICY, AWSEXEC_POLICY_ARNS", "As --policy, with JSON or a path that is absolute or begins with ~/, and --policy-arn, with commas between. Set for CMD in the same way."},
		{"AWSEXEC_KEYSTORE", "Where keys are stored, as --keystore."},
		{"AWSEXEC_NO_PROMPT", "1 is --no-prompt."},
		{"AWSEXEC_REFRESH", "1 is --refresh."},
		{"AWSEXEC_MFA_CODE", "The code that an MFA device shows, for a profile with mfa_serial."},
		{"AWSEXEC_BROWSER, BROWSER", "The browser of \"awsexec console\", as --browser. BROWSER may be a list, of which the first program that is there is run."},
		{"AWS_ENDPOINT_URL_SIGNIN", "Where AWS Sign-In is, for \"awsexec console\" and the credentials of \"aws login\", as in the AWS SDKs."},
		{"AWSEXEC_LOGIN", "When awsexec has you sign in by itself: auto for programs too, never for nobody. Without it: the profile's awsexec_login, or on a terminal only."},
		{"AWSEXEC_PASSPHRASE", "The passphrase of the encrypted file."},
		{"AWSEXEC_NEW_PASSPHRASE", "The new one, for \"awsexec passphrase\"."},
		{"AWSEXEC_BACKUP_PASSPHRASE", "The passphrase of a backup, for \"awsexec backup\" and \"awsexec restore\"."},
		{"AWSEXEC_TPM", "The device, or the socket of a TPM in software, that keeps the key of \"awsexec keystore init --tpm\", on Linux: /dev/tpmrm0 by default."},
		{"AWSEXEC_HOLD", "How long the kernel holds the key that opens cached sessions, on Linux: 15m by default, 24h at most; 0 or off for never."},
		{"AWSEXEC_LOG", "0 switches the log of what is handed out off; see \"awsexec log\"."},
		{"AWSEXEC_PROFILE", "Set for CMD: the profile that its credentials are from, for its shell prompt."},
		{"AWSEXEC_SETTINGS", "Set for CMD: the names of the variables that stand for settings of the profile, so that an awsexec within replaces them."},
		{"AWSEXEC_GIVEN", "Set for CMD: a checksum of the credentials that AWSEXEC_PROFILE is about, so that an awsexec within notices if others take their place."},
		{"AWSEXEC_CHAIN", "Set for helper programs that awsexec starts: the profiles that led to them. It keeps two that start each other from doing so forever."},
	},
}

// Config is the topic of the keys of a profile in the AWS files.
var Config = Topic{
	Name:    "config",
	Purpose: "Keys of a profile in ~/.aws/config that decide what awsexec does. They mean what they mean to the AWS SDKs, but for mfa_process, mfa_totp and those that begin with awsexec_, which only awsexec reads.",
	Entries: []Entry{
		{"credential_process", "With \"awsexec --profile NAME\", every AWS SDK and tool gets the credentials of this profile from awsexec. With another program, awsexec gets them from that."},
		{"region", "The region for CMD, and the one whose STS endpoint is called."},
		{"mfa_serial", "The ARN of a virtual MFA device, or the serial number of a hardware token. awsexec asks for its code."},
		{"mfa_process", "A command that prints the code, in place of a person who types it."},
		{"mfa_totp", "keystore has awsexec make the code, from the secret that \"awsexec mfa add\" has put beside the key. mfa_process and AWSEXEC_MFA_CODE go before it."},
		{"awsexec_allow", "The programs that may have the credentials, by their names: terraform, aws, terraform-provider-*. Others get an error, unless one of these has started them."},
		{"awsexec_confirm", "true has a person asked before a program that is new gets the credentials of a session."},
		{"duration_seconds", "How long credentials are valid: 900 to 129600 for a session, 900 to 43200 for a role."},
		{"role_arn", "A role to assume, with the credentials of source_profile or credential_source."},
		{"source_profile", "The profile whose credentials assume the role. A chain of these is followed."},
		{"credential_source", "Environment, EcsContainer or Ec2InstanceMetadata: the machine's own credentials assume the role."},
		{"external_id, role_session_name, source_identity, session_tags, transitive_session_tags", "Parameters of the call that assumes the role."},
		{"awsexec_read_only", "true narrows the credentials of this profile to AWS's policy ReadOnlyAccess, as --read-only does. Profiles that have it as their source are not narrowed."},
		{"awsexec_policy, awsexec_policy_arns", "A session policy for them, as --policy, and managed ones, as --policy-arn, with commas between. A policy is JSON on one line, or a path that is absolute or begins with ~/. A flag can ask for the same, but not for another policy."},
		{"awsexec_registries", "The registries of ECR for which \"awsexec docker-credential\" uses this profile: their hosts, with commas between."},
		{"web_identity_token_file", "A file with the token that role_arn is assumed with."},
		{"sso_session, sso_start_url, sso_region, sso_account_id, sso_role_name, sso_registration_scopes", "A role of IAM Identity Center. Sign in with \"awsexec login\"."},
		{"login_session", "Credentials of who signs in as at the AWS console, with \"awsexec login\" or \"aws login\"."},
		{"awsexec_login", "auto: programs that need a sign-in open a browser for it. never: nobody does. Without it: a command on a terminal does."},
		{"aws_access_key_id, aws_secret_access_key, aws_session_token, aws_security_token", "A key in plaintext. \"awsexec import\" moves it into the keystore."},
		{"aws_account_id", "The account of the credentials, for endpoints that contain it."},
		{"endpoint_url, services, ignore_configured_endpoint_urls, use_fips_endpoint, use_dualstack_endpoint, sts_regional_endpoints, ca_bundle", "Which endpoints are called and how they are trusted. CMD gets these, and the other settings that the AWS SDKs have variables for, as variables."},
		{"ec2_metadata_service_endpoint, ec2_metadata_service_endpoint_mode, ec2_metadata_v1_disabled, imds_use_ipv6, metadata_service_timeout, metadata_service_num_attempts", "How an EC2 instance is asked for its credentials, as in the AWS SDKs."},
	},
}

// ExitCodes is the topic of the codes that awsexec ends with.
var ExitCodes = Topic{
	Name:    "exit-codes",
	Purpose: "Codes that awsexec ends with. If a program has run, its own code takes their place.",
	Entries: []Entry{
		{"0", "It worked."},
		{"1", "doctor found something wrong."},
		{"2", "The command line or a variable is wrong."},
		{"125", "awsexec failed."},
		{"126", "The program is there but cannot be run."},
		{"127", "The program was not found."},
		{"130", "Ctrl-C, also at a prompt. Any other signal gives 128 plus its number."},
	},
}

// Files is the topic of the files that awsexec reads and writes. It is in the manual
// alone.
var Files = Topic{
	Name:    "files",
	Purpose: "These are the places on Linux where no XDG variable names others. On macOS they are in ~/Library, on Windows in %LOCALAPPDATA%.",
	Entries: []Entry{
		{"~/.aws/config, ~/.aws/credentials", "Profiles. Only these commands change them, if you agree or a flag says so: add, import, login --new, mfa add, remove, sso populate."},
		{"~/.local/share/awsexec", "The encrypted file, if there is one, and the list of the stored keys, without secrets."},
		{"~/.cache/awsexec", "Sessions and sign-ins, in sealed files."},
		{"~/.local/state/awsexec", "The log of what was handed out, without secrets: log.jsonl, and up to three older files."},
	},
}
