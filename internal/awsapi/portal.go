package awsapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/lazyregexp"
)

// Account is an account that the user of a sign-in may use.
type Account struct{ ID, Name, Email string }

// AccountRole is a role of such an account.
type AccountRole struct {
	Account
	Role string
}

const (
	portalPage    = 100              // items of a page
	portalCallers = 8                // accounts whose roles are asked for at once
	firstPause    = time.Second / 4  // after AWS has said that there were too many requests; it doubles each time
	longestPause  = 10 * time.Second // the longest one
)

// AccountRoles returns the roles that the user of an access token of IAM Identity
// Center may use, in the accounts that wanted returns true for. They are ordered by
// the name of the account, its id, and the name of the role. Where AWS says that there
// were too many requests, it waits and goes on until ctx ends.
func (c Client) AccountRoles(ctx context.Context, region, accessToken string, wanted func(Account) bool) ([]AccountRole, error) {
	p := portal{c, region, accessToken}
	wire, err := c.signInWire(c.SSOEndpoint)
	if err != nil {
		return nil, err
	}
	defer wire.Close()
	accounts, err := p.accounts(ctx, wire)
	if err != nil {
		return nil, err
	}
	accounts = slices.DeleteFunc(accounts, func(a Account) bool { return !wanted(a) })
	found := make([][]AccountRole, len(accounts))
	if err := p.eachAtOnce(ctx, len(accounts), func(ctx context.Context, wire *Wire, i int) (err error) {
		found[i], err = p.roles(ctx, wire, accounts[i])
		return err
	}); err != nil {
		return nil, err
	}
	roles := slices.Concat(found...)
	slices.SortFunc(roles, func(a, b AccountRole) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID), strings.Compare(a.Role, b.Role))
	})
	return slices.Compact(roles), nil
}

// CheckSSO returns an error for which SignInRefused is true if an access token of IAM
// Identity Center is not accepted. That its client may not list accounts is no error.
func (c Client) CheckSSO(ctx context.Context, region, accessToken string) error {
	err := c.callSignIn(ctx, c.SSOEndpoint, "check the sign-in", func(ctx context.Context, wire *Wire) error {
		_, err := c.portal(region, wire).ListAccounts(ctx, &sso.ListAccountsInput{AccessToken: &accessToken, MaxResults: aws.Int32(1)})
		return err
	})
	var api smithy.APIError
	if errors.As(err, &api) && (api.ErrorCode() == "ForbiddenException" || Throttled(err)) {
		return nil
	}
	return err
}

// LogoutSSO ends the session of an access token of IAM Identity Center.
func (c Client) LogoutSSO(ctx context.Context, region, accessToken string) error {
	return c.callSignInWith(ctx, EmptyJSON, c.SSOEndpoint, "sign out", func(ctx context.Context, wire *Wire) error {
		_, err := c.portal(region, wire).Logout(ctx, &sso.LogoutInput{AccessToken: &accessToken})
		return err
	})
}

// portal is the portal of IAM Identity Center, for who has signed in.
type portal struct {
	client              Client
	region, accessToken string
}

// accounts returns all accounts.
func (p portal) accounts(ctx context.Context, wire *Wire) (accounts []Account, err error) {
	err = p.pages(ctx, wire, "list the accounts", func(ctx context.Context, api *sso.Client, at *string) (*string, error) {
		out, err := api.ListAccounts(ctx, &sso.ListAccountsInput{AccessToken: &p.accessToken, MaxResults: aws.Int32(portalPage), NextToken: at})
		if err != nil {
			return nil, err
		}
		for _, info := range out.AccountList {
			a := Account{aws.ToString(info.AccountId), aws.ToString(info.AccountName), aws.ToString(info.EmailAddress)}
			if !accountID().MatchString(a.ID) {
				return nil, fmt.Errorf("iam identity center answered with %.100q as the id of an account", a.ID)
			}
			accounts = append(accounts, a)
		}
		return out.NextToken, nil
	})
	return accounts, err
}

// roles returns the roles of one account.
func (p portal) roles(ctx context.Context, wire *Wire, in Account) (roles []AccountRole, err error) {
	err = p.pages(ctx, wire, "list the roles of account "+in.ID, func(ctx context.Context, api *sso.Client, at *string) (*string, error) {
		out, err := api.ListAccountRoles(ctx, &sso.ListAccountRolesInput{
			AccessToken: &p.accessToken, AccountId: &in.ID, MaxResults: aws.Int32(portalPage), NextToken: at,
		})
		if err != nil {
			return nil, err
		}
		for _, info := range out.RoleList {
			name := aws.ToString(info.RoleName)
			if !roleName().MatchString(name) {
				return nil, fmt.Errorf("iam identity center answered with %.100q as the name of a role", name)
			}
			roles = append(roles, AccountRole{in, name})
		}
		return out.NextToken, nil
	})
	return roles, err
}

// What ends up in files. Sources: API references of IAM Identity Center (AccountId,
// and the name of a permission set) and of IAM (the name of a role).
var (
	accountID = lazyregexp.New(`^[0-9]{12}$`)
	roleName  = lazyregexp.New(`^[A-Za-z0-9_+=,.@-]{1,64}$`)
)

// pages calls page for each page of a list: with nil, and then with what it returned,
// until that is empty.
func (p portal) pages(ctx context.Context, wire *Wire, operation string, page func(context.Context, *sso.Client, *string) (*string, error)) error {
	var at *string
	seen := map[string]bool{}
	for pause := firstPause; ; {
		var next *string
		err := callOver(ctx, wire, operation, func(ctx context.Context, wire *Wire) (err error) {
			next, err = page(ctx, p.client.portal(p.region, wire), at)
			return err
		})
		switch token := aws.ToString(next); {
		case Throttled(err):
			if err := sleep(ctx, pause/2+rand.N(pause)); err != nil {
				return Failed(operation, err)
			}
			pause = min(2*pause, longestPause)
		case err != nil || token == "":
			return err
		case seen[token]:
			return Failed(operation, errors.New("iam identity center answered with a page that was there before"))
		default:
			at, seen[token] = next, true
		}
	}
}

// portal returns the client of the portal of IAM Identity Center.
func (c Client) portal(region string, wire *Wire) *sso.Client {
	return sso.New(sso.Options{
		Region: region, BaseEndpoint: optional(c.SSOEndpoint), HTTPClient: wire, Retryer: Retryer(), AppID: c.AppID,
		EndpointOptions: sso.EndpointResolverOptions{UseFIPSEndpoint: c.FIPS, UseDualStackEndpoint: c.DualStack},
	})
}

// eachAtOnce calls do with the numbers below n, several at once. After an error it
// begins no more calls, ends the contexts of the others, and returns it.
func (p portal) eachAtOnce(ctx context.Context, n int, do func(ctx context.Context, wire *Wire, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	numbers := make(chan int)
	var callers sync.WaitGroup
	for range min(n, portalCallers) {
		wire, err := p.client.signInWire(p.client.SSOEndpoint)
		if err != nil {
			cancel(err)
			break
		}
		callers.Add(1)
		fault.Go(func() {
			defer callers.Done()
			defer wire.Close()
			for i := range numbers {
				if err := do(ctx, wire, i); err != nil {
					cancel(err) // the first one counts
				}
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case numbers <- i:
		case <-ctx.Done():
		}
	}
	close(numbers)
	callers.Wait()
	return context.Cause(ctx)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
