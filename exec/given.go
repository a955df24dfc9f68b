package exec

import "strings"

// givenVar tells an awsexec inside the child that its credentials are those that
// the child was given: a checksum of the access key id, or of the endpoint.
const givenVar = "AWSEXEC_GIVEN"

// GivenBy returns the profile whose credentials an awsexec around this process has
// put into environ. It is "" if there is none, or if somebody has put other
// credentials there since.
func GivenBy(environ []string) string {
	values := map[string]string{}
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok {
			for _, known := range []string{givenVar, "AWSEXEC_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
				if matches([]string{known}, name) {
					values[known] = value
				}
			}
		}
	}
	source := "AWS_ACCESS_KEY_ID"
	if values[source] == "" {
		source = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	}
	if values[source] == "" || values[givenVar] != mark(source, values[source]) {
		return ""
	}
	return values["AWSEXEC_PROFILE"]
}
