package exec

import "strings"

// Elsewhere returns the variables that lead a program on another host to e, and the
// names of those that it must not have. Files of e are files there.
func (e Endpoint) Elsewhere() (set [][2]string, unset []string) {
	for _, name := range scrubbed {
		if !strings.HasSuffix(name, "*") {
			unset = append(unset, name)
		}
	}
	unset = append(unset, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN")
	for _, kv := range append([][2]string{
		{"AWS_CONTAINER_CREDENTIALS_FULL_URI", e.URL},
		{"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", e.TokenFile},
		{"AWS_REGION", e.Region},
		{"AWS_DEFAULT_REGION", e.Region},
		{"AWS_CONFIG_FILE", e.ConfigFile},
		{"AWS_SHARED_CREDENTIALS_FILE", e.CredentialsFile},
		{"AWSEXEC_PROFILE", e.Profile},
	}, append(e.narrowed(), e.Settings...)...) {
		if kv[1] != "" && kv[0] != "AWS_CA_BUNDLE" { // a file of this machine
			set = append(set, kv)
		}
	}
	return set, unset
}
