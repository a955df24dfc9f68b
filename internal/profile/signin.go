package profile

// Values of awsexec_login: when awsexec has a person sign in by itself. Without it, it
// does for a person on a terminal, and not for programs.
const (
	SignInAuto  = "auto"  // for programs too
	SignInNever = "never" // for nobody
)

// IsSignIn reports whether s is a value of awsexec_login.
func IsSignIn(s string) bool { return s == SignInAuto || s == SignInNever }

// WhenSignIn returns the first awsexec_login of the profiles that lead to a sign-in; ""
// if none has one.
func WhenSignIn(way []*Profile) string {
	for _, p := range way {
		if p.SignIn != "" {
			return p.SignIn
		}
	}
	return ""
}
