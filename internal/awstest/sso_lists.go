package awstest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// SSOAccount is an account that the portal's user may use, with the names of its roles.
type SSOAccount struct {
	ID, Name, Email string
	Roles           []string
}

// Assign makes accounts all that the portal's user may use, for ListAccounts and
// ListAccountRoles.
func (s *SSO) Assign(accounts ...SSOAccount) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts = slices.Clone(accounts)
}

// Throttle has the portal refuse the next n lists as too many requests.
func (s *SSO) Throttle(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttle = n
}

// Lists returns how many lists were asked for, and how many at once at the most.
func (s *SSO) Lists() (all, atOnce int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lists, s.busiest
}

// list answers ListAccounts and ListAccountRoles.
func (s *SSO) list(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, code, message string) {
		w.Header().Set("X-Amzn-Errortype", code)
		answerJSON(w, status, map[string]string{"message": message})
	}
	accounts, throttled := s.beginList()
	defer s.endList()
	query := r.URL.Query()
	size, err := strconv.Atoi(query.Get("max_result"))
	if query.Get("max_result") == "" {
		size, err = 20, nil
	}
	switch {
	case throttled:
		fail(http.StatusTooManyRequests, "TooManyRequestsException", "HTTP 429 Unknown Code")
		return
	case err != nil || size < 1 || size > 100:
		fail(http.StatusBadRequest, "InvalidRequestException", "max_result must be from 1 to 100")
		return
	case !s.signedIn(r.Header.Get("X-Amz-Sso_bearer_token")):
		fail(http.StatusUnauthorized, "UnauthorizedException", "Session token not found or invalid")
		return
	}
	name, of, items := "accountList", "accounts", []any{}
	for _, a := range accounts {
		items = append(items, map[string]string{"accountId": a.ID, "accountName": a.Name, "emailAddress": a.Email})
	}
	if r.URL.Path == "/assignment/roles" {
		name, of, items = "roleList", "roles of "+query.Get("account_id"), []any{}
		i := slices.IndexFunc(accounts, func(a SSOAccount) bool { return a.ID == query.Get("account_id") })
		if i < 0 {
			fail(http.StatusForbidden, "ForbiddenException", "No access")
			return
		}
		for _, role := range accounts[i].Roles {
			items = append(items, map[string]string{"accountId": accounts[i].ID, "roleName": role})
		}
	}
	token := func(at int) string { return base64.URLEncoding.EncodeToString(fmt.Appendf(nil, "%s from %d", of, at)) }
	from := 0
	if t := query.Get("next_token"); t != "" {
		for from = size; token(from) != t; from += size {
			if from > len(items) {
				fail(http.StatusBadRequest, "InvalidRequestException", "invalid next_token")
				return
			}
		}
	}
	end := min(from+size, len(items))
	answer := map[string]any{name: items[min(from, end):end], "nextToken": nil}
	if end < len(items) {
		answer["nextToken"] = token(end)
	}
	answerJSON(w, http.StatusOK, answer)
}

func (s *SSO) beginList() (accounts []SSOAccount, throttled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	s.busy++
	s.busiest = max(s.busiest, s.busy)
	if throttled = s.throttle > 0; throttled {
		s.throttle--
	}
	return s.accounts, throttled
}

func (s *SSO) endList() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy--
}
