package exec

// Renewal is a profile whose credentials come from awsexec. A child's SDK calls
// awsexec again whenever it needs new credentials.
type Renewal struct {
	Profile string // its name, in the AWS files that the child reads

	// ConfigFile and CredentialsFile replace the AWS files that base names. ""
	// keeps the file of base.
	ConfigFile, CredentialsFile string

	// Region is what the user chose for all profiles. "" leaves the region to the
	// profile: the child has no region variables.
	Region string

	Narrowing [][2]string // as in Identity
}

// EnvironRenewing returns the environment of a child process that gets its
// credentials through the profile of r. It returns base without the variables
// that could lead an AWS SDK to other credentials or to settings of another
// profile, followed by the variables that select the profile. Like Environ it is a
// pure function.
//
// It also drops access keys under their AMAZON_ names. Only the CDK reads
// these, but there they would win over the profile. It sets AWS_SDK_LOAD_CONFIG
// because the previous generation of SDKs (Go v1, JavaScript v2) reads the
// config file only then.
func EnvironRenewing(base []string, r Renewal) []string {
	drop := append([]string{
		"AMAZON_ACCESS_KEY_ID", "AMAZON_SECRET_ACCESS_KEY", "AMAZON_SESSION_TOKEN",
		"AWS_SDK_LOAD_CONFIG", "AWS_REGION", "AWS_DEFAULT_REGION",
	}, scrubbed...)
	if r.ConfigFile != "" {
		drop = append(drop, "AWS_CONFIG_FILE")
	}
	if r.CredentialsFile != "" {
		drop = append(drop, "AWS_SHARED_CREDENTIALS_FILE")
	}
	return replaced(base, r.Region, without(drop, base, nil), append([][2]string{
		{"AWS_PROFILE", r.Profile},
		{"AWS_CONFIG_FILE", r.ConfigFile},
		{"AWS_SHARED_CREDENTIALS_FILE", r.CredentialsFile},
		{"AWS_SDK_LOAD_CONFIG", "1"},
		{"AWS_REGION", r.Region},
		{"AWS_DEFAULT_REGION", r.Region},
		{"AWSEXEC_PROFILE", r.Profile},
	}, r.Narrowing...))
}
