package profile

// Values of awsexec_login: when awsexec has a person sign in by itself. Without it, it
// does for a person on a terminal, and not for programs.
const (
	SignInAuto  = "auto"  // for programs too
	SignInNever = "never" // for nobody
)

// IsSignIn reports whether s is a value of awsexec_login.
func IsSignIn(s string) bool { return s == SignInAuto || s == SignInNever }

// WhenSignIn returns the awsexec_login of p, or else that of the nearest of its source
// profiles.
func WhenSignIn(p *Profile) string {
	for ; p != nil; p = p.Source {
		if p.SignIn != "" {
			return p.SignIn
		}
	}
	return ""
}
