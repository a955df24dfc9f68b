package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// freshness is how much life credentials have left when they are renewed:
	// botocore asks again once less than 15 minutes are left, the other SDKs
	// once less than 5 are.
	freshness = 16 * time.Minute

	// lastResort is how much life makes credentials worth handing out while they
	// are being renewed, or cannot be.
	lastResort = time.Minute

	// patience is how long a request waits for credentials: the JavaScript SDK
	// gives up after 1 second, botocore after 2, and both ask again.
	patience = 800 * time.Millisecond

	// After a failed renewal the next one waits, twice as long each time.
	// Requests in between get the same failure.
	minPause = time.Second
	maxPause = 30 * time.Second
)

// ErrNoExpiry is the error for credentials that cannot be served because they
// have no expiration time.
var ErrNoExpiry = errors.New("these credentials have no expiration time, which a container credentials endpoint must return")

// entry holds the credentials of one profile.
type entry struct {
	profile Profile
	now     func() time.Time
	lasting func(error) bool
	warn    func(profile string, err error)

	ctx      context.Context // of work in the background
	renewals *renewals       // those of all profiles

	current atomic.Pointer[answer] // nil before the first success

	mu      sync.Mutex
	check   chan struct{} // closed when the check that is under way has ended; nil if there is none
	renewal chan struct{} // the same for the renewal
	failure error         // of the last check or renewal
	pause   time.Duration // after failure
	retry   time.Time     // when pause is over
	warned  bool          // of a failure since the last success
}

// answer is what a client gets: the JSON, made once.
type answer struct {
	body    []byte
	expires time.Time
	renew   time.Time // when to look for new credentials
	until   time.Time // when these are no longer worth handing out
	from    time.Time // before this, the clock has been set back and no longer shows how old these are

	current func(context.Context) (bool, error) // as in Credentials
	checked atomic.Int64                        // Unix time in nanoseconds when they were current
}

// maxSetBack is how far a clock may be set back without consequences:
// synchronisation does that all the time.
const maxSetBack = 5 * time.Minute

// good reports whether a holds at now, with end as the end of its time.
func (a *answer) good(now, end time.Time) bool {
	return !now.Before(a.from) && now.Before(end)
}

// newAnswer returns the answer with the credentials c. The members of its JSON
// are those of the protocol, where the session token is called Token.
func newAnswer(c Credentials, now time.Time) (*answer, error) {
	if !c.CanExpire {
		return nil, ErrNoExpiry
	}
	left := c.Expires.Sub(now)
	if left <= 0 {
		return nil, errors.New("the credentials have expired already")
	}
	body, err := json.Marshal(struct {
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		Token           string
		Expiration      string
		AccountID       string `json:"AccountId,omitempty"`
	}{c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.Expires.UTC().Format(time.RFC3339), c.AccountID})
	if err != nil {
		return nil, errors.New("the credentials cannot be written as JSON")
	}
	// The Source may regard credentials as fresh for longer than this server
	// does if they live for less than an hour or so. Then it is asked again
	// after half of the time that is left.
	renew := c.Expires.Add(-freshness)
	if left <= freshness {
		renew = now.Add(left / 2)
	}
	a := &answer{
		body: body, expires: c.Expires, renew: renew, until: c.Expires.Add(-min(lastResort, left/8)), from: now.Add(-maxSetBack), current: c.Current,
	}
	a.checked.Store(now.UnixNano())
	return a, nil
}

// get returns credentials. It waits only if those that there are must be checked
// or renewed first, and for at most patience.
func (e *entry) get(ctx context.Context) (*answer, *problem) {
	a, now := e.current.Load(), e.wall()
	if a != nil && a.vouched(now) && a.good(now, a.renew) {
		return a, nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if a != nil && !a.vouched(now) {
		if !wait(ctx, e.startCheck(a)) {
			return nil, e.notReady()
		}
		a, now = e.current.Load(), e.wall()
		if a != nil && a.good(now, a.renew) {
			return a, nil
		}
	}
	renewal, failure := e.renewUnlessPaused(now)
	if a != nil && a.good(now, a.until) {
		return a, nil
	}
	if failure != nil {
		return nil, e.failed(failure)
	}
	if !wait(ctx, renewal) {
		return nil, e.notReady()
	}
	if a := e.current.Load(); a != nil && a.good(e.wall(), a.until) {
		return a, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return nil, e.failed(e.failure)
}

// wait waits until done is closed, and reports whether that was before the end
// of ctx.
func wait(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// notReady returns the answer to a client for which there is nothing yet.
func (e *entry) notReady() *problem {
	return &problem{http.StatusServiceUnavailable, "NotReady", "profile " + e.profile.Name + ": awsexec is waiting for new credentials"}
}

// fetch gets new credentials with ctx, in which a person may be asked, and
// returns the error as it is.
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

// wall returns the time without Go's monotonic clock, which stands still while
// the machine sleeps. Credentials expire all the same.
func (e *entry) wall() time.Time { return e.now().Round(0) }

// renewUnlessPaused returns the renewal that is under way, after starting one if
// there is none, or the failure of the last one if it is too early for another.
func (e *entry) renewUnlessPaused(now time.Time) (renewal <-chan struct{}, failure error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.renewal == nil && e.failure != nil && now.Before(e.retry) {
		return nil, e.failure
	}
	return e.startRenewal(), nil
}

// startRenewal returns the renewal that is under way, after starting one if
// there is none. The caller holds e.mu.
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
	if !e.renewals.begin(func() { e.warnOnce(e.renew(e.ctx)) }) {
		close(renewal)
		e.renewal = nil
	}
	return renewal
}

// warnOnce warns of the first failure since the last success.
func (e *entry) warnOnce(err error) {
	if err == nil || e.ctx.Err() != nil {
		return
	}
	e.mu.Lock()
	first := !e.warned
	e.warned = true
	e.mu.Unlock()
	if first {
		e.warn(e.profile.Name, err)
	}
}

// renew gets new credentials. The caller has made e.renewal, for which others
// wait.
func (e *entry) renew(ctx context.Context) error {
	c, err := e.profile.Source(ctx)
	var a *answer
	if err == nil {
		a, err = newAnswer(c, e.wall())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil {
		e.current.Store(a)
		e.warned = false
	}
	e.note(err)
	close(e.renewal)
	e.renewal = nil
	return err
}

// note remembers how the last attempt to have credentials ended, with nil for
// success, and when the next one may be made. The caller holds e.mu.
func (e *entry) note(err error) {
	if e.failure = err; err == nil {
		e.pause = 0
		return
	}
	e.pause = min(max(2*e.pause, minPause), maxPause)
	e.retry = e.wall().Add(e.pause)
}

// failed returns the answer to a client that cannot be given credentials because
// of err.
func (e *entry) failed(err error) *problem {
	if err == nil {
		return &problem{http.StatusServiceUnavailable, "NotReady", "profile " + e.profile.Name + ": its new credentials have expired already"}
	}
	if errors.Is(err, ErrNoExpiry) || e.lasting(err) { // no 5xx: that would have clients ask again
		return &problem{http.StatusForbidden, "CredentialsRefused", err.Error()}
	}
	return &problem{http.StatusServiceUnavailable, "CredentialsUnavailable", err.Error()}
}
