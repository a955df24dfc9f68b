package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	// freshness is how much life credentials have left when they are renewed: botocore asks again once less than 15 minutes are
	// left, the other SDKs once less than 5 are.
	freshness = 16 * time.Minute

	// lastResort is how much life makes credentials worth handing out while they are being renewed, or cannot be.
	lastResort = time.Minute

	// patience is how long a request waits for credentials: the JavaScript SDK gives up after 1 second, botocore after 2, and
	// both ask again.
	patience = 800 * time.Millisecond

	// After a failed renewal the next one waits, twice as long each time; requests in between get the same failure.
	minPause = time.Second
	maxPause = 30 * time.Second
)

// ErrNoExpiry says that credentials cannot be served because nobody knows when they end.
var ErrNoExpiry = errors.New("these credentials do not say when they end, which a container credentials endpoint has to tell")

// entry are the credentials of one profile.
type entry struct {
	profile Profile
	now     func() time.Time
	lasting func(error) bool
	warn    func(profile string, err error)

	ctx      context.Context // of renewals in the background
	renewals *renewals       // those of all profiles

	current atomic.Pointer[answer] // nil before the first success

	mu      sync.Mutex
	renewal chan struct{} // closed when the renewal that is under way has ended; nil if there is none
	failure error         // of the last renewal
	pause   time.Duration // after failure
	retry   time.Time     // when pause is over
	warned  bool          // of a failure since the last success
}

// answer is what a client gets: the JSON, made once.
type answer struct {
	body    []byte
	expires time.Time
	renew   time.Time // when to look for new credentials
	until   time.Time // when these are not good enough any more to be handed out
	from    time.Time // before this, the clock has been set back, and shows no longer how old these are
}

// maxSetBack is how far a clock may be set back, as synchronisation does all the time.
const maxSetBack = 5 * time.Minute

// good reports whether a holds at now, with end as the end of its time.
func (a *answer) good(now, end time.Time) bool {
	return !now.Before(a.from) && now.Before(end)
}

// newAnswer writes c down. The members are those of the protocol, where the session token is called Token.
func newAnswer(c aws.Credentials, now time.Time) (*answer, error) {
	if !c.CanExpire {
		return nil, ErrNoExpiry
	}
	left := c.Expires.Sub(now)
	if left <= 0 {
		return nil, errors.New("the credentials have ended already")
	}
	body, err := json.Marshal(struct {
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		Token           string
		Expiration      string
		AccountID       string `json:"AccountId,omitempty"`
	}{c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.Expires.UTC().Format(time.RFC3339), c.AccountID})
	if err != nil {
		return nil, errors.New("credentials not representable as JSON")
	}
	// Whoever makes the credentials may think longer than we that they are fresh, if they live for less than an hour or so. Then it is
	// asked again after half of the time that is left.
	renew := c.Expires.Add(-freshness)
	if left <= freshness {
		renew = now.Add(left / 2)
	}
	return &answer{
		body: body, expires: c.Expires, renew: renew, until: c.Expires.Add(-min(lastResort, left/8)), from: now.Add(-maxSetBack),
	}, nil
}

// get returns credentials. It waits only if there are none that are good, and not for long.
func (e *entry) get(ctx context.Context) (*answer, *problem) {
	now := e.wall()
	a := e.current.Load()
	if a != nil && a.good(now, a.renew) {
		return a, nil
	}
	renewal, failure := e.renewUnlessPaused(now)
	if a != nil && a.good(now, a.until) {
		return a, nil
	}
	if failure != nil {
		return nil, e.failed(failure)
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-renewal:
	case <-timer.C:
		return nil, &problem{http.StatusServiceUnavailable, "NotReady", "profile " + e.profile.Name + ": awsexec is waiting for new credentials"}
	case <-ctx.Done():
		return nil, &problem{http.StatusServiceUnavailable, "NotReady", "the request has been given up"}
	}
	if a := e.current.Load(); a != nil && a.good(e.wall(), a.until) {
		return a, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return nil, e.failed(e.failure)
}

// fetch gets new credentials with ctx, in which a person may be asked, and returns the error as it is.
func (e *entry) fetch(ctx context.Context) error {
	e.mu.Lock()
	renewal := e.renewal
	if renewal == nil {
		e.renewal = make(chan struct{})
		e.mu.Unlock()
		return e.renew(ctx)
	}
	e.mu.Unlock()
	select {
	case <-renewal:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.failure
}

// wall is the time without Go's second clock, which stands still while the machine sleeps, when credentials do not.
func (e *entry) wall() time.Time { return e.now().Round(0) }

// renewUnlessPaused returns the renewal that is under way, after starting one if there is none, or the failure of the last one if
// it is too early for another.
func (e *entry) renewUnlessPaused(now time.Time) (renewal <-chan struct{}, failure error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.renewal == nil && e.failure != nil && now.Before(e.retry) {
		return nil, e.failure
	}
	return e.startRenewal(), nil
}

// startRenewal is called with e.mu held.
func (e *entry) startRenewal() <-chan struct{} {
	if e.renewal != nil {
		return e.renewal
	}
	// Another goroutine may have finished one since its caller looked.
	if a := e.current.Load(); a != nil && e.failure == nil && a.good(e.wall(), a.renew) {
		done := make(chan struct{})
		close(done)
		return done
	}
	renewal := make(chan struct{})
	e.renewal = renewal
	began := e.renewals.begin(func() {
		if err := e.renew(e.ctx); err != nil && e.ctx.Err() == nil {
			e.mu.Lock()
			first := !e.warned
			e.warned = true
			e.mu.Unlock()
			if first {
				e.warn(e.profile.Name, err)
			}
		}
	})
	if !began {
		close(renewal)
		e.renewal = nil
	}
	return renewal
}

// renew gets new credentials, while e.renewal tells others to wait.
func (e *entry) renew(ctx context.Context) error {
	c, err := e.profile.Source(ctx)
	var a *answer
	if err == nil {
		a, err = newAnswer(c, e.wall())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.failure = err; err == nil {
		e.current.Store(a)
		e.pause, e.warned = 0, false
	} else {
		e.pause = min(max(2*e.pause, minPause), maxPause)
		e.retry = e.wall().Add(e.pause)
	}
	close(e.renewal)
	e.renewal = nil
	return err
}

// failed is the answer to a client that cannot be given credentials because of err.
func (e *entry) failed(err error) *problem {
	if err == nil {
		return &problem{http.StatusServiceUnavailable, "NotReady", "profile " + e.profile.Name + ": its new credentials have ended already"}
	}
	if errors.Is(err, ErrNoExpiry) || e.lasting(err) { // no 5xx: that would have clients ask again
		return &problem{http.StatusForbidden, "CredentialsRefused", err.Error()}
	}
	return &problem{http.StatusServiceUnavailable, "CredentialsUnavailable", err.Error()}
}
