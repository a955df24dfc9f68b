package tokens

import "time"

// Registration is a client that IAM Identity Center knows. It is made anew when it
// ends.
type Registration struct {
	ClientID, ClientSecret string
	Ends                   time.Time
}

// State implements Token.
func (r Registration) State() State { return State{Expires: r.Ends} }
