package cli

import (
	"cmp"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/layout"
	"github.com/awsexec/awsexec/internal/provider"
)

// shownSignIn is a sign-in as doctor --json prints it. Fields may be added; existing
// ones keep their meaning.
type shownSignIn struct {
	Name           string     `json:"name"`              // of the sso-session, else the start URL or the login session
	Kind           string     `json:"kind"`              // "sso" or "login"
	Profile        string     `json:"profile,omitempty"` // one that has it
	State          string     `json:"state"`             // "valid", "renewable", "ended" or "none"
	Tokens         string     `json:"tokens,omitempty"`  // "sealed" or "plaintext"
	Shared         bool       `json:"shared,omitempty"`  // a copy is where the AWS SDKs look
	ValidUntil     *time.Time `json:"valid_until,omitempty"`
	Renewable      bool       `json:"renewable,omitempty"`
	RenewableUntil *time.Time `json:"renewable_until,omitempty"` // the end of the registration
}

// showSignIn returns what is known of a sign-in.
func showSignIn(s provider.SignIn, now time.Time) shownSignIn {
	shown := shownSignIn{Name: s.Name, Kind: "sso", Profile: s.Profile, State: "none"}
	if s.Kind == provider.Login {
		shown.Kind = "login"
	}
	if len(s.Tokens) == 0 {
		return shown
	}
	for _, f := range s.Tokens {
		shown.Shared = shown.Shared || f.Copied
	}
	first := s.Tokens[0]
	shown.Tokens = "plaintext"
	if first.Sealed {
		shown.Tokens = "sealed"
	}
	if first.Err != nil {
		shown.State = "ended"
		return shown
	}
	until := first.Expires.UTC()
	shown.ValidUntil = &until
	shown.Renewable = first.CannotRenew(now) == nil
	if first.Renewable && !first.RenewableUntil.IsZero() {
		ends := first.RenewableUntil.UTC()
		shown.RenewableUntil = &ends
	}
	switch {
	case first.ValidAt(now):
		shown.State = "valid"
	case shown.Renewable:
		shown.State = "renewable"
	default:
		shown.State = "ended"
	}
	return shown
}

// title returns what a sign-in is called in a table and in a line.
func (s shownSignIn) title() string {
	if s.Kind == "login" {
		return "of profile " + quoteWord(s.Profile)
	}
	return s.Name
}

// life returns in words how long a sign-in lasts.
func (s shownSignIn) life() string {
	text := ""
	switch s.State {
	case "none":
		return "nobody has signed in"
	case "ended":
		return "somebody has to sign in again"
	case "valid":
		text = "valid until " + s.ValidUntil.Format(time.RFC3339)
	default:
		text = "renewed by the next call"
	}
	switch {
	case s.RenewableUntil != nil:
		text += ", renewed until " + s.RenewableUntil.Format(time.RFC3339)
	case s.State == "valid" && s.Renewable:
		text += ", then renewed by the next call"
	}
	return text
}

// words returns the state of a sign-in in words.
func (s shownSignIn) words() string {
	switch {
	case s.Tokens == "":
		return s.life()
	case s.Shared:
		return s.life() + fmt.Sprintf(" (%s, with a copy in plaintext for the AWS SDKs)", s.Tokens)
	}
	return s.life() + " (" + s.Tokens + ")"
}

// addSignIns adds the table of sign-ins to a page, if there are any.
func addSignIns(page *page, all []provider.SignIn, now time.Time) {
	if len(all) == 0 {
		return
	}
	page.head("SIGN-IN", "TOKENS", "STATE")
	for _, s := range all {
		shown := showSignIn(s, now)
		style := layout.Plain
		if shown.State == "ended" {
			style = layout.Warning
		}
		page.cells(layout.Cell{Text: shown.title()}, layout.Cell{Text: cmp.Or(shown.Tokens, "-")}, layout.Cell{Text: shown.life(), Style: style})
	}
}

// adopt returns the command that seals the tokens of a sign-in.
func (a *advisor) adopt(s provider.SignIn) string {
	if s.Session {
		return a.command("login", "--session", s.Name, "--adopt")
	}
	return a.command("login", naming(s.Profile), "--adopt")
}
