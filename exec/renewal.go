package exec

// Renewal is a profile that leads to awsexec, through which a child's SDK gets its credentials again and again.
type Renewal struct {
	Profile string

	// ConfigFile and CredentialsFile take the place of the AWS files that base leads to; "" leaves that file alone.
	ConfigFile, CredentialsFile string

	Region string // "" leaves the region variables of the child alone
}

// EnvironRenewing returns the environment of a child process that gets its credentials from the profile of r: base without every
// variable that could lead an AWS SDK to other credentials, and with the way to the profile. It is as pure as Environ.
//
// Keys under their AMAZON_ names, which the CDK alone reads, would win there, and so they go too. AWS_SDK_LOAD_CONFIG has the SDKs of the generation before (Go v1, JavaScript v2) read the config file.
func EnvironRenewing(base []string, r Renewal) []string {
	drop := append([]string{"AMAZON_ACCESS_KEY_ID", "AMAZON_SECRET_ACCESS_KEY", "AMAZON_SESSION_TOKEN", "AWS_SDK_LOAD_CONFIG"}, scrubbed...)
	if r.ConfigFile != "" {
		drop = append(drop, "AWS_CONFIG_FILE")
	}
	if r.CredentialsFile != "" {
		drop = append(drop, "AWS_SHARED_CREDENTIALS_FILE")
	}
	return replaced(base, r.Region, drop, [][2]string{
		{"AWS_PROFILE", r.Profile},
		{"AWS_CONFIG_FILE", r.ConfigFile},
		{"AWS_SHARED_CREDENTIALS_FILE", r.CredentialsFile},
		{"AWS_SDK_LOAD_CONFIG", "1"},
		{"AWS_REGION", r.Region},
		{"AWS_DEFAULT_REGION", r.Region},
		{"AWSEXEC_PROFILE", r.Profile},
	})
}
