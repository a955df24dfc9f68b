package exec

// Endpoint is a container credentials endpoint, where a child can get its credentials again and again.
type Endpoint struct {
	URL   string // with the path of the profile
	Token string // what the endpoint wants to be shown

	// ConfigFile and CredentialsFile take the place of the user's AWS files: every SDK prefers credentials in a profile, the default
	// one included, to an endpoint.
	ConfigFile, CredentialsFile string

	Region  string // "" leaves the region variables of the child alone
	Profile string // the profile's name, for shell prompts
}

// EnvironOf returns the environment of a child process that gets its credentials from e: base without every variable that could lead
// an AWS SDK to other credentials, and with the way to e. It is as pure as Environ.
func EnvironOf(base []string, e Endpoint) []string {
	drop := append([]string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"}, scrubbed...)
	return replaced(base, e.Region, drop, append(e.Variables(), [][2]string{
		{"AWS_CONFIG_FILE", e.ConfigFile},
		{"AWS_SHARED_CREDENTIALS_FILE", e.CredentialsFile},
		{"AWSEXEC_PROFILE", e.Profile},
	}...))
}

// Variables are those that lead a program to e: for one that is not our child.
func (e Endpoint) Variables() [][2]string {
	return [][2]string{
		{"AWS_CONTAINER_CREDENTIALS_FULL_URI", e.URL},
		{"AWS_CONTAINER_AUTHORIZATION_TOKEN", e.Token},
		{"AWS_REGION", e.Region},
		{"AWS_DEFAULT_REGION", e.Region},
	}
}
