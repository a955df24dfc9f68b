package populate

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/awsexec/awsexec/internal/awsapi"
)

// Template makes the name of a profile from its role.
type Template struct{ text string }

// DefaultTemplate is what names are made by if the user has no other wish.
const DefaultTemplate = "{account}-{role}"

// Placeholders are what a template may hold in braces.
var Placeholders = []string{"account", "account_id", "role", "session"}

// ParseTemplate returns the template that is written as text.
func ParseTemplate(text string) (Template, error) {
	rest, used := text, false
	if strings.HasPrefix(text, "-") {
		return Template{}, fmt.Errorf("invalid template %q: a name that begins with a hyphen looks like a flag", text)
	}
	for {
		before, after, found := strings.Cut(rest, "{")
		if i := strings.IndexFunc(before, func(r rune) bool { return !isOfName(r) }); i >= 0 {
			return Template{}, fmt.Errorf("invalid template %q: %q cannot be in the name of a profile", text, []rune(before[i:])[0])
		}
		if !found {
			break
		}
		name, next, closed := strings.Cut(after, "}")
		if _, known := valueOf(name, awsapi.AccountRole{}, ""); !closed || !known {
			return Template{}, fmt.Errorf("invalid template %q: braces must hold %s", text, strings.Join(Placeholders, ", "))
		}
		rest, used = next, true
	}
	if !used {
		return Template{}, fmt.Errorf("invalid template %q: it has no placeholder such as {account}", text)
	}
	return Template{text}, nil
}

// valueOf returns what a placeholder stands for.
func valueOf(name string, r awsapi.AccountRole, session string) (value string, known bool) {
	switch name {
	case "account":
		return cmp.Or(plain(r.Name), r.ID), true
	case "account_id":
		return r.ID, true
	case "role":
		return cmp.Or(plain(r.Role), "role"), true
	case "session":
		return plain(session), true
	}
	return "", false
}

// Name returns the name of the profile for a role.
func (t Template) Name(r awsapi.AccountRole, session string) string {
	var name strings.Builder
	rest := t.text
	for {
		before, after, found := strings.Cut(rest, "{")
		name.WriteString(before)
		if !found {
			return name.String()
		}
		placeholder, next, _ := strings.Cut(after, "}")
		value, _ := valueOf(placeholder, r, session)
		name.WriteString(value)
		rest = next
	}
}

// plain returns s with a hyphen in place of each run of characters that not every SDK
// finds in the name of a profile. Hyphens at both ends are left out.
func plain(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case isOfName(r) && r != '-':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// isOfName reports whether every SDK finds r in the name of a profile. Source: that for
// JavaScript, which wants the fewest (shared-ini-file-loader, prefixKeyRegex); of what
// it allows, % and : and / mean something elsewhere.
func isOfName(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_-.@+", r)
}
