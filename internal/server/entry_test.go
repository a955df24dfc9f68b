package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/ststest"
)

// issuer makes credentials that live for life, each after a while, and counts.
type issuer struct {
	life, takes time.Duration

	mu    sync.Mutex
	calls int
	fails error
}

func (i *issuer) source(ctx context.Context) (Credentials, error) {
	select {
	case <-time.After(i.takes):
	case <-ctx.Done():
		return Credentials{}, ctx.Err()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.calls++
	if i.fails != nil {
		return Credentials{}, i.fails
	}
	id := fmt.Sprintf("ASIA%d", i.calls)
	return Credentials{Credentials: aws.Credentials{
		AccessKeyID: id, SecretAccessKey: ststest.Marker + id, SessionToken: ststest.Marker + "token" + id, AccountID: "123456789012",
		CanExpire: true, Expires: time.Now().Add(i.life).Truncate(time.Second),
	}}, nil
}

func (i *issuer) fail(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fails = err
}

func (i *issuer) called() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.calls
}

var errLasting = errors.New("this lasts")

// desk is a server with one profile in a bubble of synctest, with its warnings.
type desk struct {
	*Server
	t        *testing.T
	warnings []error
}

func newDesk(t *testing.T, source func(context.Context) (Credentials, error)) *desk {
	d := &desk{t: t}
	d.Server = New(Config{
		Profiles: []Profile{{"work", source}},
		Now:      time.Now,
		Lasting:  func(err error) bool { return errors.Is(err, errLasting) },
		Warn:     func(_ string, err error) { d.warnings = append(d.warnings, err) },
	})
	t.Cleanup(d.Close)
	return d
}

// get makes a request, and returns how long it waited.
func (d *desk) get() (keyID string, left, waited time.Duration, p *problem) {
	began := time.Now()
	a, p := d.entries["work"].get(d.t.Context())
	waited = time.Since(began)
	synctest.Wait() // renewals that take no time are over
	if p != nil {
		return "", 0, waited, p
	}
	var body struct{ AccessKeyID, SecretAccessKey, Token, Expiration, AccountID string }
	if err := json.Unmarshal(a.body, &body); err != nil {
		d.t.Fatal(err)
	}
	expires, err := time.Parse(time.RFC3339, body.Expiration)
	if err != nil || !expires.Equal(a.expires) || body.SecretAccessKey != ststest.Marker+body.AccessKeyID ||
		body.Token != ststest.Marker+"token"+body.AccessKeyID || body.AccountID != "123456789012" {
		d.t.Fatalf("the answer for %s is not its own: expires %s, %v", body.AccessKeyID, body.Expiration, err)
	}
	return body.AccessKeyID, expires.Sub(began), waited, nil
}

// TestRenewalsKeepAhead: with sessions of any life, no request but the first one
// waits, each gets credentials with the promised life left, and there are no more
// renewals than one for each session.
func TestRenewalsKeepAhead(t *testing.T) {
	for _, tt := range []struct {
		life, every time.Duration
		least       time.Duration // that credentials have left
		most        time.Duration // between renewals, at the least
	}{
		{8 * time.Second, 50 * time.Millisecond, 3 * time.Second, 3 * time.Second},
		{15 * time.Minute, time.Second, 7 * time.Minute, 7 * time.Minute},
		{time.Hour, time.Second, freshness - 2*time.Second, 43 * time.Minute},
		{12 * time.Hour, 10 * time.Second, freshness - 11*time.Second, 703 * time.Minute},
	} {
		t.Run(tt.life.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{life: tt.life, takes: 200 * time.Millisecond}
				d := newDesk(t, i.source)
				if err := d.Fetch(t.Context(), "work"); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				for time.Since(began) < 5*tt.life {
					_, left, waited, p := d.get()
					if p != nil || waited != 0 || left < tt.least {
						t.Fatalf("after %v: %v, waited %v, %v left", time.Since(began), p, waited, left)
					}
					time.Sleep(tt.every)
				}
				if most := 1 + int(5*tt.life/tt.most); i.called() > most {
					t.Errorf("%d renewals in %v, at most %d are needed", i.called(), 5*tt.life, most)
				}
				if len(d.warnings) != 0 {
					t.Error(d.warnings)
				}
			})
		})
	}
}

// TestOneRenewalAtATime: two hundred clients that find expired credentials cause
// one renewal, and all get its result.
func TestOneRenewalAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour, takes: 500 * time.Millisecond}
		d := newDesk(t, i.source)
		for round := 1; round <= 3; round++ {
			var group sync.WaitGroup
			for range 200 {
				group.Go(func() {
					a, p := d.entries["work"].get(t.Context())
					if p != nil || time.Until(a.expires) < 59*time.Minute {
						t.Errorf("round %d: %v", round, p)
					}
				})
			}
			group.Wait()
			if i.called() != round {
				t.Errorf("%d renewals in round %d", i.called(), round)
			}
			time.Sleep(2 * time.Hour) // nobody asks meanwhile, and nothing is renewed
		}
	})
}

// TestSlowSource: while a source takes longer than SDKs wait, requests end in time
// with a 503, and the renewal goes on.
func TestSlowSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour, takes: 10 * time.Second}
		d := newDesk(t, i.source)
		for range 5 {
			_, _, waited, p := d.get()
			if p == nil || p.status != http.StatusServiceUnavailable || waited != patience {
				t.Fatalf("got %v after %v", p, waited)
			}
		}
		time.Sleep(7 * time.Second)
		if id, _, waited, p := d.get(); p != nil || id != "ASIA1" || waited != 0 {
			t.Errorf("got %s, %v after %v", id, p, waited)
		}
	})
}

// TestFailures: good credentials are handed out while they cannot be renewed, to
// the last minute. Then requests get the cause at once, and the source is asked
// at intervals, until it succeeds.
func TestFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{life: time.Hour}
		d := newDesk(t, i.source)
		if _, _, _, p := d.get(); p != nil {
			t.Fatal(p)
		}
		i.fail(errors.New("the network is down"))
		for {
			_, left, waited, p := d.get()
			if waited != 0 {
				t.Fatalf("waited %v with %v left", waited, left)
			}
			if p != nil {
				if p.status != http.StatusServiceUnavailable || p.code != "CredentialsUnavailable" || p.message != "the network is down" {
					t.Errorf("got %+v", p)
				}
				break
			}
			if left <= lastResort {
				t.Fatalf("handed out with %v left", left)
			}
			time.Sleep(time.Second)
		}
		if len(d.warnings) != 1 {
			t.Errorf("%d warnings, want 1: %v", len(d.warnings), d.warnings)
		}
		tried := i.called()
		for range 10 * 60 {
			time.Sleep(time.Second)
			if _, _, waited, p := d.get(); p == nil || waited != 0 {
				t.Fatalf("got %v after %v", p, waited)
			}
		}
		if n := i.called() - tried; n > 21 {
			t.Errorf("%d tries in 10 minutes", n)
		}

		i.fail(fmt.Errorf("AWS says no: %w", errLasting))
		time.Sleep(maxPause)
		if _, _, _, p := d.get(); p == nil || p.status != http.StatusForbidden {
			t.Errorf("got %+v", p)
		}
		i.fail(nil)
		time.Sleep(maxPause)
		if _, left, _, p := d.get(); p != nil || left < 59*time.Minute {
			t.Errorf("got %+v, %v left", p, left)
		}
		i.fail(errors.New("again"))
		time.Sleep(time.Hour)
		d.get()
		if len(d.warnings) != 2 {
			t.Errorf("%d warnings, want another after a success", len(d.warnings))
		}
	})
}

// TestUnfitCredentials: credentials that cannot be served are an error.
func TestUnfitCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []aws.Credentials{
			{AccessKeyID: "AKIA1", SecretAccessKey: ststest.Marker},
			{AccessKeyID: "ASIA1", SecretAccessKey: ststest.Marker, SessionToken: "t", CanExpire: true, Expires: time.Now()},
		} {
			d := newDesk(t, func(context.Context) (Credentials, error) { return Credentials{Credentials: c}, nil })
			if err := d.Fetch(t.Context(), "work"); err == nil {
				t.Errorf("%s was fetched", c.AccessKeyID)
			}
			if _, _, _, p := d.get(); p == nil {
				t.Errorf("%s was served", c.AccessKeyID)
			}
		}
	})
}

// TestEnds: Close ends the renewals that are under way, and waits for them. A
// Fetch ends with its own context.
func TestEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		d := newDesk(t, func(ctx context.Context) (Credentials, error) {
			<-ctx.Done()
			ended = true
			return Credentials{}, ctx.Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := d.Fetch(ctx, "work"); !errors.Is(err, context.DeadlineExceeded) || !ended {
			t.Errorf("fetch ended with %v", err)
		}
		ended = false
		time.Sleep(minPause)
		if _, _, _, p := d.get(); p == nil {
			t.Error("got credentials")
		}
		d.Close()
		if !ended || len(d.warnings) != 0 {
			t.Errorf("the renewal has not ended, or was warned of: %v", d.warnings)
		}
		ended = false
		time.Sleep(maxPause)
		if _, _, waited, p := d.get(); p == nil || waited != 0 || ended {
			t.Errorf("a request after the end waited %v for a renewal", waited)
		}
	})
}

// TestClockSetBack: after the clock has been set back, it does not show how old
// credentials are. New ones are fetched, by the new clock.
func TestClockSetBack(t *testing.T) {
	for _, tt := range []struct {
		back  time.Duration
		calls int
	}{{6 * time.Hour, 2}, {6 * time.Minute, 2}, {2 * time.Minute, 1}} {
		synctest.Test(t, func(t *testing.T) {
			var back atomic.Int64
			now := func() time.Time { return time.Now().Add(-time.Duration(back.Load())) }
			calls := 0
			s := New(Config{
				Now: now, Lasting: func(error) bool { return false }, Warn: func(string, error) {},
				Profiles: []Profile{{"work", func(context.Context) (Credentials, error) {
					calls++
					return Credentials{Credentials: aws.Credentials{AccessKeyID: "ASIA", CanExpire: true, Expires: now().Add(12 * time.Hour)}}, nil
				}}},
			})
			defer s.Close()
			for range 3 {
				a, p := s.entries["work"].get(t.Context())
				if p != nil || a.expires.Sub(now()) > 12*time.Hour+maxSetBack {
					t.Errorf("back by %v: %v are left, %v", tt.back, a.expires.Sub(now()), p)
				}
				synctest.Wait()
				back.Store(int64(tt.back))
			}
			if calls != tt.calls {
				t.Errorf("back by %v: %d renewals, want %d", tt.back, calls, tt.calls)
			}
		})
	}
}

// store is a keystore with one key, which makes a session each time that it is
// asked for one, and counts.
type store struct {
	mu             sync.Mutex
	key            string // "" for none
	fails          error  // of a look at the key
	looks, renewed int
	takes          time.Duration // a look
}

func (s *store) set(key string, fails error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key, s.fails = key, fails
}

func (s *store) look() (string, error) {
	time.Sleep(s.takes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks++
	return s.key, s.fails
}

func (s *store) source(context.Context) (Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renewed++
	if s.key == "" {
		return Credentials{}, errLasting
	}
	madeWith := s.key
	id := "ASIA-" + madeWith
	return Credentials{
		Credentials: aws.Credentials{
			AccessKeyID: id, SecretAccessKey: ststest.Marker + id, SessionToken: ststest.Marker + "token" + id, AccountID: "123456789012",
			CanExpire: true, Expires: time.Now().Add(12 * time.Hour).Truncate(time.Second),
		},
		Current: func(context.Context) (bool, error) {
			key, err := s.look()
			return key == madeWith, err
		},
	}, nil
}

// TestKeyChanges: a second after a name has another key or none, no client gets
// the session of the old one, and the first request has the right one.
func TestKeyChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{key: "A"}
		d := newDesk(t, s.source)
		for _, key := range []string{"A", "B", "A", "", "A", "C"} {
			s.set(key, nil)
			time.Sleep(checkEvery)
			id, _, waited, p := d.get()
			if key == "" {
				if p == nil || p.status != http.StatusForbidden {
					t.Errorf("without a key: %s, %+v", id, p)
				}
			} else if p != nil || id != "ASIA-"+key || waited != 0 {
				t.Errorf("with key %s: %s after %v, %+v", key, id, waited, p)
			}
		}
		if s.renewed != 6 {
			t.Errorf("%d renewals, want one for each change", s.renewed)
		}
	})
}

// TestKeyChangesAfterFailure: a new key ends the pause after a failed renewal
// with the old one.
func TestKeyChangesAfterFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{key: "A"}
		d := newDesk(t, s.source)
		d.get()
		e := d.entries["work"]
		e.mu.Lock()
		e.pause = maxPause
		e.note(errors.New("the key was disabled"))
		e.mu.Unlock()
		s.set("B", nil)
		time.Sleep(checkEvery)
		if id, _, _, p := d.get(); p != nil || id != "ASIA-B" {
			t.Errorf("got %s, %+v", id, p)
		}
	})
}

// TestKeyUnknown: while it cannot be found out which key a name has, no client
// gets a session.
func TestKeyUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{key: "A"}
		d := newDesk(t, s.source)
		d.get()
		s.set("A", errors.New("the index is unreadable"))
		time.Sleep(checkEvery)
		if _, _, _, p := d.get(); p == nil || p.status != http.StatusServiceUnavailable || p.message != "the index is unreadable" {
			t.Errorf("got %+v", p)
		}
		if len(d.warnings) != 1 {
			t.Errorf("warnings: %v", d.warnings)
		}
		s.set("A", nil)
		time.Sleep(minPause)
		if id, _, _, p := d.get(); p != nil || id != "ASIA-A" {
			t.Errorf("got %s, %+v", id, p)
		}
	})
}

// TestChecksAreFew: however many requests there are, the key is looked at once a
// second, by one goroutine, and not without requests.
func TestChecksAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{key: "A", takes: 10 * time.Millisecond}
		d := newDesk(t, s.source)
		d.get()
		const seconds = 10
		for range seconds {
			time.Sleep(checkEvery)
			var group sync.WaitGroup
			for range 100 {
				group.Go(func() {
					if a, p := d.entries["work"].get(t.Context()); p != nil || a == nil {
						t.Error(p)
					}
				})
			}
			group.Wait()
		}
		time.Sleep(time.Hour)
		if s.looks != seconds || s.renewed != 1 {
			t.Errorf("%d looks and %d renewals in %d seconds", s.looks, s.renewed, seconds)
		}
	})
}

// TestSlowCheck: a check that waits, for a passphrase say, keeps no client
// waiting for long, and nothing is handed out before it has ended.
func TestSlowCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{key: "A"}
		d := newDesk(t, s.source)
		d.get()
		s.takes = time.Minute
		time.Sleep(checkEvery)
		if a, p := d.entries["work"].get(t.Context()); a != nil || p == nil || p.code != "NotReady" {
			t.Errorf("got %+v", p)
		}
		time.Sleep(time.Minute - patience)
		if a, p := d.entries["work"].get(t.Context()); a == nil || p != nil {
			t.Errorf("got %+v", p)
		}
	})
}
