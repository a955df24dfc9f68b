package populate

import (
	"fmt"
	"strings"

	"github.com/awsexec/awsexec/internal/awsapi"
)

// Filter selects roles: ACCOUNT or ACCOUNT:ROLE, where ACCOUNT is compared with the name
// and with the id of an account. In both, * stands for any characters and ? for one;
// letter case does not count.
type Filter struct{ text, account, role string }

// ParseFilter returns the filter that is written as text.
func ParseFilter(text string) (Filter, error) {
	f := Filter{text, strings.ToLower(text), "*"}
	if i := strings.LastIndexByte(text, ':'); i >= 0 { // which the name of a role cannot have
		f.account, f.role = strings.ToLower(text[:i]), strings.ToLower(text[i+1:])
	}
	if f.account == "" || f.role == "" {
		return Filter{}, fmt.Errorf("invalid filter %q: must be ACCOUNT or ACCOUNT:ROLE", text)
	}
	return f, nil
}

func (f Filter) String() string { return f.text }

// In reports whether f may select roles of an account.
func (f Filter) In(a awsapi.Account) bool {
	return glob(f.account, strings.ToLower(a.Name)) || glob(f.account, a.ID)
}

// Selects reports whether f selects a role.
func (f Filter) Selects(r awsapi.AccountRole) bool {
	return f.In(r.Account) && glob(f.role, strings.ToLower(r.Role))
}

// Filters select what one of them does, or everything if there are none.
type Filters []Filter

// In reports whether the filters may select roles of an account.
func (all Filters) In(a awsapi.Account) bool {
	for _, f := range all {
		if f.In(a) {
			return true
		}
	}
	return len(all) == 0
}

// Selects reports whether the filters select a role.
func (all Filters) Selects(r awsapi.AccountRole) bool {
	for _, f := range all {
		if f.Selects(r) {
			return true
		}
	}
	return len(all) == 0
}

// Idle returns the filters that select none of roles.
func (all Filters) Idle(roles []awsapi.AccountRole) Filters {
	var idle Filters
	for _, f := range all {
		used := false
		for _, r := range roles {
			if used = f.Selects(r); used {
				break
			}
		}
		if !used {
			idle = append(idle, f)
		}
	}
	return idle
}

// glob reports whether s is what pattern describes, in time that grows with the product
// of their lengths.
func glob(pattern, s string) bool {
	p, text := []rune(pattern), []rune(s)
	star, at := -1, 0 // the last *, and what it has reached
	i := 0
	for j := 0; j < len(text); {
		switch {
		case i < len(p) && p[i] == '*':
			star, at = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == text[j]):
			i++
			j++
		case star >= 0:
			at++
			i, j = star+1, at
		default:
			return false
		}
	}
	return strings.Trim(string(p[i:]), "*") == ""
}
