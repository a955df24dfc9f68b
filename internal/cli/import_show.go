package cli

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/awsexec/awsexec/internal/migrate"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
)

// printFound prints the keys in the AWS files.
func printFound(out *ui, keys []migrate.Key) error {
	page := out.page(3)
	page.row("PROFILE", "KEY", "AT", "CAN BE MOVED")
	for _, k := range keys {
		can := "yes"
		switch {
		case k.Skip != nil:
			can = "no: " + k.Skip.Error()
		case k.Err != nil:
			can = "no: " + migrate.Reason(k.Err, k.Profile)
		case k.ByName():
			can = "if it is named: no key of AWS"
		case k.Foreign:
			can = "yes, as a key of another service than AWS"
		}
		page.row(k.Profile, visible.KeyID(k.Places[0].Credentials.AccessKeyID), out.tilde(k.Where()), can)
	}
	return out.print(page)
}

// printChanges prints what becomes of the AWS files.
func printChanges(out *ui, changes []migrate.Change) error {
	page := out.page(0)
	for _, c := range changes {
		text := diff.Diff(out.tilde(c.Path), c.Old, out.tilde(c.Path), c.New)
		_, text, _ = bytes.Cut(text, []byte("\n")) // the line of the command
		for line := range strings.Lines(string(text)) {
			page.line("%s", strings.TrimRight(line, "\r\n"))
		}
	}
	return out.print(page)
}

// teller prints what a migration tells.
type teller struct {
	ui   *ui
	adv  *advisor
	sess *session.Session
}

func (t teller) tell(event migrate.Event) {
	switch e := event.(type) {
	case migrate.Verified:
		t.ui.tellOwner(e.KeyID, e.Owner)
	case migrate.Abandoned:
		t.ui.warnOfRemains(e.Remains)
	case migrate.Moved:
		t.ui.note("key %s of profile %q is in %s now, and no longer at %s",
			visible.KeyID(e.Key.Credentials().AccessKeyID), e.Key.Profile, t.sess.Opened(), e.Key.Where())
	case *migrate.Error:
		t.ui.fail(e, hintFor(e, t.adv, e.Profile))
	case *migrate.ForeignError:
		t.ui.warn(e, hintOfOtherService(t.adv, e.Profile))
	case *migrate.LinkedError:
		t.ui.Warn(e)
	case *migrate.CopiedError:
		t.ui.Warn(e)
	}
}

// count returns a number of things in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
