package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/layout"
	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
)

// logCmd shows what was handed out to which program.
type logCmd struct {
	KeyID  string `arg:"" optional:"" name:"keyid" help:"Show who had the credentials with this access key id."`
	Since  string `placeholder:"TIME" help:"Begin here: a time before now such as 2h or 7d, or a date such as 2026-01-31."`
	Follow bool   `short:"f" help:"Go on with what is handed out from now on."`
	JSON   bool   `name:"json" help:"Print a line of JSON for each, as in the file."`
}

// lastShown is how many entries --follow begins with, unless the user says since
// when.
const lastShown = 10

func (c *logCmd) Run(ctx context.Context, settings *session.Settings, out *ui, given *flags) error {
	since, err := parseSince(c.Since, settings.Now())
	if err != nil {
		return err
	}
	dir, err := settings.StateDir()
	if err != nil {
		return err
	}
	book := logbook.In(dir)
	wanted := func(e *logbook.Entry) bool {
		return !e.Time.Before(since) && (len(given.Profile) == 0 || e.Profile == given.last()) &&
			(c.KeyID == "" || e.KeyID == c.KeyID || visible.KeyID(e.KeyID) == c.KeyID)
	}
	if c.Follow {
		return c.follow(ctx, book, out, wanted)
	}
	var entries []logbook.Entry
	damaged, err := book.Read(ctx, func(e logbook.Entry) error {
		if wanted(&e) {
			entries = append(entries, e)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if damaged > 0 {
		out.note("%s of %s cannot be read: left out", count(damaged, "line"), dir)
	}
	switch {
	case len(entries) > 0:
	case c.KeyID != "":
		return &unknownKeyError{c.KeyID}
	case settings.NoLog:
		out.note("the log is switched off: AWSEXEC_LOG=%s", settings.Env("AWSEXEC_LOG"))
	case !c.JSON:
		out.note("nothing that was handed out is in the log")
	}
	if err := c.show(out, entries, true); err != nil {
		return err
	}
	if c.KeyID != "" && !c.JSON {
		out.advise(hintOfCloudTrail(entries, settings.Now()))
	}
	return nil
}

// unknownKeyError reports that the log has nothing of an access key.
type unknownKeyError struct{ keyID string }

func (e *unknownKeyError) Error() string {
	return fmt.Sprintf("the log has nothing of the key %q", e.keyID)
}

// follow shows entries until the user ends it, which is not a failure.
func (c *logCmd) follow(ctx context.Context, book logbook.Book, out *ui, wanted func(*logbook.Entry) bool) error {
	var batch []logbook.Entry
	first, headed := true, false
	err := book.Follow(ctx, func(e logbook.Entry) error {
		if wanted(&e) {
			batch = append(batch, e)
		}
		if first && c.Since == "" && len(batch) > 2*lastShown {
			batch = append(batch[:0], batch[len(batch)-lastShown:]...)
		}
		return nil
	}, func() error {
		if first && c.Since == "" {
			batch = batch[max(0, len(batch)-lastShown):]
		}
		defer func() { batch, first = batch[:0], false }()
		if len(batch) == 0 && !first {
			return nil
		}
		err := c.show(out, batch, !headed)
		headed = headed || len(batch) > 0
		return err
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// show prints entries in the form that the user chose. Tables follow each other with
// --follow: their columns have fixed widths, and only the first has a head.
func (c *logCmd) show(out *ui, entries []logbook.Entry, headed bool) error {
	if c.JSON {
		for _, e := range entries {
			if err := out.printJSONLine(e); err != nil {
				return err
			}
		}
		return nil
	}
	if len(entries) == 0 {
		return nil
	}
	page := out.page(2)
	var widths []int
	if c.Follow {
		widths = []int{len(time.DateTime), len("process"), 16, 20, 20, len(time.TimeOnly)}
	}
	add := func(style layout.Style, cells ...string) {
		for i := range widths {
			cells[i] += strings.Repeat(" ", max(0, widths[i]-len([]rune(cells[i]))))
		}
		page.rowOf(style, cells...)
	}
	if headed {
		add(layout.Strong, "TIME", "HOW", "PROFILE", "PROGRAM", "KEY", "UNTIL", "ABOUT")
	}
	for _, e := range entries {
		add(layout.Plain, e.Time.Local().Format(time.DateTime), string(e.How), e.Profile, programOf(e), e.KeyID, untilOf(e), aboutOf(e))
	}
	return out.print(page)
}

// programOf returns the program of an entry and its process.
func programOf(e logbook.Entry) string {
	name := e.Program
	if name == "" {
		name = "-"
	}
	if e.Host != "" {
		name += " " + e.Host
	}
	if e.ProgramPID != 0 {
		name += " (" + strconv.Itoa(e.ProgramPID) + ")"
	}
	return name
}

// untilOf returns when the credentials of an entry end: a time on that day, else a
// date.
func untilOf(e logbook.Entry) string {
	if e.Expires == nil {
		return "never"
	}
	end := e.Expires.Local()
	if end.Sub(e.Time) < 24*time.Hour {
		return end.Format(time.TimeOnly)
	}
	return end.Format(time.DateTime)
}

// aboutOf returns the rest of what an entry says.
func aboutOf(e logbook.Entry) string {
	var about []string
	switch {
	case e.RoleARN != "":
		about = append(about, e.RoleARN)
	case e.Account != "":
		about = append(about, e.Account)
	}
	if e.MFA != nil && *e.MFA {
		about = append(about, "MFA")
	}
	if e.Policy != "" {
		about = append(about, "policy "+e.Policy)
	}
	if e.Origin == logbook.Made {
		about = append(about, "new")
	}
	return strings.Join(about, ", ")
}

// parseSince returns the time that s stands for: so long before now, or a date; the
// zero time if it is empty.
func parseSince(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if number, ok := strings.CutSuffix(s, "d"); ok {
		if days, err := strconv.Atoi(number); err == nil && days >= 0 {
			return now.AddDate(0, 0, -days), nil
		}
	}
	if ago, err := time.ParseDuration(s); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	for _, format := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(format, s, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usageError{fmt.Sprintf("--since: invalid time %q", s), "write it as 2h, 7d or 2026-01-31"}
}
