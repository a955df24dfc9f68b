package exec

// Endpoint is a container credentials endpoint, from which a child fetches
// credentials whenever it needs new ones.
type Endpoint struct {
	URL   string // includes the path of the profile
	Token string // the bearer token that the endpoint requires

	// ConfigFile and CredentialsFile replace the user's AWS files. They must
	// not name a profile with credentials: every SDK prefers the credentials of
	// a profile, even of the default profile, to an endpoint.
	ConfigFile, CredentialsFile string

	// TokenFile is a file with the token, which SDKs prefer to the variable. Some
	// clients know only one of the two. "" for none.
	TokenFile string

	Region   string      // "" keeps the child's region variables
	Profile  string      // the profile's name, for shell prompts
	Settings [][2]string // as in Identity

	Narrowing [][2]string // as in Identity
}

// EnvironOf returns the environment of a child process that gets its
// credentials from e. It returns base without the variables that could lead an
// AWS SDK to other credentials, followed by the variables that lead to e. Like
// Environ it is a pure function.
func EnvironOf(base []string, e Endpoint) []string {
	drop := append([]string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"}, scrubbed...)
	set := append(e.access(),
		[2]string{"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", e.TokenFile},
		[2]string{"AWS_REGION", e.Region},
		[2]string{"AWS_DEFAULT_REGION", e.Region},
		[2]string{"AWS_CONFIG_FILE", e.ConfigFile},
		[2]string{"AWS_SHARED_CREDENTIALS_FILE", e.CredentialsFile},
		[2]string{"AWSEXEC_PROFILE", e.Profile},
	)
	set = append(set, e.narrowed()...)
	return append(replaced(base, e.Region, without(drop, base, e.Settings), set), assignments(e.Settings)...)
}

// narrowed returns the variables by which an awsexec in a program knows what the
// credentials are that e gives.
func (e Endpoint) narrowed() (variables [][2]string) {
	if e.Profile != "" {
		variables = append(variables, [2]string{givenVar, given("AWS_CONTAINER_CREDENTIALS_FULL_URI", e.URL, e.Narrowing)})
	}
	return append(variables, e.Narrowing...)
}

// Variables returns the names and values of the variables that lead an AWS SDK
// to e. They are for a program that is not our child; a child needs EnvironOf.
func (e Endpoint) Variables() [][2]string {
	variables := e.access()
	if e.Region != "" {
		variables = append(variables, [2]string{"AWS_REGION", e.Region}, [2]string{"AWS_DEFAULT_REGION", e.Region})
	}
	return append(variables, e.Settings...)
}

func (e Endpoint) access() [][2]string {
	return [][2]string{
		{"AWS_CONTAINER_CREDENTIALS_FULL_URI", e.URL},
		{"AWS_CONTAINER_AUTHORIZATION_TOKEN", e.Token},
	}
}
