package cli

import (
	"errors"
	"strings"

	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
)

// hintOfRules returns the hint about a program that may not have credentials.
func hintOfRules(err error, a *advisor, name string) string {
	if refused, ok := errors.AsType[*provider.RefusedError](err); ok {
		if refused.Program == "" {
			return "start the program itself: " + a.command("serve", naming(name)) + " -- CMD"
		}
		allowed := strings.Join(append(refused.Allowed[:len(refused.Allowed):len(refused.Allowed)], refused.Program), ", ")
		return "if it may have them: " + editCommand(explain.Place{Pos: refused.At}, profile.AllowKey+" = "+allowed)
	}
	confirm, ok := errors.AsType[*session.ConfirmError](err)
	if !ok {
		return ""
	}
	advice := "if nobody is to be asked: " + editCommand(explain.Place{Pos: confirm.At}, profile.ConfirmKey+" = false")
	if !errors.Is(err, session.ErrNotAllowed) {
		advice = "start it on a terminal, and answer there\nor " + advice
	}
	return advice
}
