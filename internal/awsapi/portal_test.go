package awsapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/awstest"
)

const accessToken = "S3CR3TMARKER/access"

func startPortal(t *testing.T, accounts ...awstest.SSOAccount) (*awstest.SSO, Client) {
	t.Helper()
	s, err := awstest.StartSSO(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.SignIn(accessToken, time.Now().Add(time.Hour))
	s.Assign(accounts...)
	return s, Client{SSOEndpoint: s.URL()}
}

func anyAccount(Account) bool { return true }

// All pages of all accounts are read, by several at once, and also where AWS refuses
// many of the requests.
func TestAccountRoles(t *testing.T) {
	var accounts []awstest.SSOAccount
	want := 0
	for i := range 250 {
		a := awstest.SSOAccount{ID: fmt.Sprintf("%012d", 1000-i), Name: fmt.Sprintf("account %03d", i), Roles: []string{"dev", "Admin"}}
		if i == 7 {
			for n := range 205 {
				a.Roles = append(a.Roles, fmt.Sprintf("role-%03d", n))
			}
		}
		want += len(a.Roles)
		accounts = append(accounts, a)
	}
	s, c := startPortal(t, accounts...)
	s.Throttle(3)
	roles, err := c.AccountRoles(t.Context(), "eu-west-1", accessToken, anyAccount)
	if err != nil || len(roles) != want {
		t.Fatalf("%d roles, %v", len(roles), err)
	}
	if first := roles[0]; first.Name != "account 000" || first.ID != "000000001000" || first.Role != "Admin" || roles[1].Role != "dev" {
		t.Errorf("first %+v", first)
	}
	all, atOnce := s.Lists()
	if pages := 3 + 250 + 2 + 3; all != pages || atOnce < 2 || atOnce > portalCallers {
		t.Errorf("%d lists, want %d; %d at once", all, pages, atOnce)
	}
	roles, err = c.AccountRoles(t.Context(), "eu-west-1", accessToken, func(a Account) bool { return a.Name == "account 007" })
	if err != nil || len(roles) != 207 {
		t.Errorf("of one account: %d roles, %v", len(roles), err)
	}
	if roles, err := c.AccountRoles(t.Context(), "eu-west-1", accessToken, func(Account) bool { return false }); err != nil || len(roles) != 0 {
		t.Errorf("of no account: %d roles, %v", len(roles), err)
	}
}

func TestAccountRolesFails(t *testing.T) {
	s, c := startPortal(t, awstest.SSOAccount{ID: "123456789012", Roles: []string{"dev"}})
	if _, err := c.AccountRoles(t.Context(), "eu-west-1", "other", anyAccount); !SignInRefused(err) || !strings.HasPrefix(err.Error(), "list the accounts: UnauthorizedException") {
		t.Errorf("a token that is not accepted: %v", err)
	}
	s.Throttle(1 << 30)
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(errors.New("enough")) })
	if _, err := c.AccountRoles(ctx, "eu-west-1", accessToken, anyAccount); err == nil {
		t.Error("throttled for ever: no error")
	}
	s.Close()
	if _, err := c.AccountRoles(t.Context(), "eu-west-1", accessToken, anyAccount); !errors.As(err, new(*WireError)) {
		t.Errorf("no portal: %v", err)
	}
	if _, err := (Client{SSOEndpoint: "nowhere"}).AccountRoles(t.Context(), "eu-west-1", accessToken, anyAccount); !errors.As(err, new(*EndpointError)) {
		t.Errorf("no endpoint: %v", err)
	}
}

// What comes back may end up in a file. It is refused unless it has the form of what AWS
// gives, and so is a list that does not end.
func TestAccountRolesOfNobody(t *testing.T) {
	const good = `{"accountList":[{"accountId":"123456789012","accountName":"a"}]}`
	for _, tt := range []struct{ accounts, roles, want string }{
		{`{"accountList":[{"accountId":"1"}]}`, `{}`, `"1" as the id of an account`},
		{`{"accountList":[{"accountId":"123456789012\n[profile x]"}]}`, `{}`, "as the id of an account"},
		{`{"accountList":[{"accountName":"a"}]}`, `{}`, `"" as the id of an account`},
		{good, `{"roleList":[{"roleName":"dev\ncredential_process = sh"}]}`, `"dev\ncredential_process = sh" as the name of a role`},
		{good, `{"roleList":[{"roleName":""}]}`, `"" as the name of a role`},
		{good, `{"roleList":[{"roleName":"dev"}],"nextToken":"x"}`, "list the roles of account 123456789012: iam identity center answered with a page that was there before"},
		{`{"accountList":[],"nextToken":"x"}`, ``, "list the accounts: iam identity center answered with a page that was there before"},
		{good, `{}`, ""},
		{`{}`, ``, ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			answer := tt.accounts
			if r.URL.Path == "/assignment/roles" {
				answer = tt.roles
			}
			_, _ = io.WriteString(w, answer)
		}))
		roles, err := Client{SSOEndpoint: server.URL}.AccountRoles(t.Context(), "eu-west-1", accessToken, anyAccount)
		server.Close()
		if len(roles) != 0 || (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), accessToken)) {
			t.Errorf("%s, %s: %v, %v", tt.accounts, tt.roles, roles, err)
		}
	}
}
