package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/cache"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// recorder is Events that remembers the warnings.
type recorder struct {
	mu       sync.Mutex
	warnings []string
	waits    []string
}

func (r *recorder) Warn(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.warnings = append(r.warnings, err.Error())
}

func (r *recorder) WaitingForPerson(what string) func() { return r.Waiting(what) }

func (r *recorder) Waiting(what string) func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waits = append(r.waits, what)
	return func() {}
}

func (r *recorder) Debug(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); strings.Contains(text, "S3CR3TMARKER") {
		panic("a secret in the debug output: " + text)
	}
}

func newTestCache(dir string) *cache.Cache {
	return cache.New(dir, func(context.Context, bool) ([32]byte, error) { return [32]byte{1}, nil })
}

// minted returns a session that was issued at noon and lives for life. Its number
// distinguishes it from others.
func minted(n int, from time.Time, life time.Duration) aws.Credentials {
	return aws.Credentials{AccessKeyID: fmt.Sprintf("ASIA%016d", n), SecretAccessKey: "S3CR3TMARKERsecret", SessionToken: "S3CR3TMARKERtoken",
		CanExpire: true, Expires: from.Add(life)}
}

func TestFreshness(t *testing.T) {
	for _, tt := range []struct {
		life, age time.Duration
		renewed   bool
	}{
		{time.Hour, 0, false},
		{time.Hour, 43 * time.Minute, false},
		{time.Hour, 44*time.Minute - time.Second, false},
		{time.Hour, 44 * time.Minute, true}, // 16 minutes left
		{time.Hour, 59 * time.Minute, true},
		{time.Hour, 2 * time.Hour, true},
		{12 * time.Hour, 11*time.Hour + 43*time.Minute, false},
		{12 * time.Hour, 11*time.Hour + 45*time.Minute, true},
		{15 * time.Minute, 7 * time.Minute, false}, // half its life rules below 32 minutes
		{15 * time.Minute, 8 * time.Minute, true},
		{4 * time.Second, time.Second, false},
		{4 * time.Second, 2 * time.Second, true},
	} {
		t.Run(fmt.Sprint(tt.life, " after ", tt.age), func(t *testing.T) {
			clock, n := noon, 0
			m := newMaker(Parts{Cache: newTestCache(t.TempDir()), Now: func() time.Time { return clock }, Events: &recorder{}}, Flags{})
			c := &cached{m: m, key: cache.Key{Base: "AKIA"}, lock: "AKIA", issue: func(context.Context) (aws.Credentials, error) {
				n++
				return minted(n, clock, tt.life), nil
			}}
			first, err := c.Retrieve(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			clock = clock.Add(tt.age)
			second, err := c.Retrieve(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if renewed := first.AccessKeyID != second.AccessKeyID; renewed != tt.renewed {
				t.Errorf("renewed = %v, want %v", renewed, tt.renewed)
			}
		})
	}
}

// apiError is an error as the SDK gives it for an answer of STS.
func apiError(status int, code, message string) error {
	return awsapi.Failed("get session token", &smithy.OperationError{Err: &awshttp.ResponseError{RequestID: "r", ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
		Err:      &smithy.GenericAPIError{Code: code, Message: message},
	}}})
}

func TestFallBack(t *testing.T) {
	stopped, stop := context.WithCancel(context.Background())
	stop()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		left time.Duration
		err  error
		used bool
	}{
		{"nobody to ask", nil, 10 * time.Minute, fmt.Errorf("x: %w", ErrNoHuman), true},
		{"nobody answered", nil, 61 * time.Second, context.DeadlineExceeded, true},
		{"too little left", nil, time.Minute, ErrNoHuman, false},
		{"expired", nil, -time.Second, ErrNoHuman, false},
		{"network down", nil, 10 * time.Minute, awsapi.Failed("get session token", errors.New("connection refused")), true},
		{"AWS has trouble", nil, 10 * time.Minute, apiError(500, "InternalFailure", ""), true},
		{"AWS is asked too often", nil, 10 * time.Minute, apiError(400, "Throttling", "Rate exceeded"), true},
		{"AWS refused", nil, 10 * time.Minute, apiError(403, "InvalidClientTokenId", ""), false},
		{"interrupted", stopped, 10 * time.Minute, errors.New("interrupted"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			events := &recorder{}
			m := newMaker(Parts{Cache: newTestCache(t.TempDir()), Now: func() time.Time { return noon }, Events: events}, Flags{})
			c := &cached{m: m, key: cache.Key{Base: "AKIA"}, lock: "AKIA", issue: func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{}, tt.err
			}}
			old := minted(1, noon, tt.left)
			if err := m.Cache.Store(t.Context(), c.key, cache.Session{Credentials: old, Issued: noon.Add(-12 * time.Hour), MadeWith: "AKIA"}, noon); err != nil {
				t.Fatal(err)
			}
			ctx := tt.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			got, err := c.Retrieve(ctx)
			if tt.used {
				if err != nil || got.AccessKeyID != old.AccessKeyID || len(events.warnings) != 1 {
					t.Errorf("got %v, warnings %q", err, events.warnings)
				}
			} else if !errors.Is(err, tt.err) || got.HasKeys() {
				t.Errorf("got %v, want %v", err, tt.err)
			}
		})
	}
}

// Many at once make one session, and all get it.
func TestOneRenewalAtATime(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	made := 0
	var wg sync.WaitGroup
	ids := make([]string, 50)
	for i := range ids {
		wg.Go(func() {
			// A cache of its own is what another process has.
			m := newMaker(Parts{Cache: newTestCache(dir), Now: func() time.Time { return noon }, Events: &recorder{}}, Flags{})
			c := &cached{m: m, key: cache.Key{Base: "AKIA"}, lock: "AKIA", issue: func(context.Context) (aws.Credentials, error) {
				mu.Lock()
				defer mu.Unlock()
				made++
				return minted(made, noon, time.Hour), nil
			}}
			got, err := c.Retrieve(t.Context())
			if err != nil {
				t.Error(err)
			}
			ids[i] = got.AccessKeyID
		})
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("%d sessions were made", made)
	}
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("got %s and %s", ids[0], id)
		}
	}
}

// Waiting for another process ends with the context; a session that still lives is then handed out.
func TestLockIsWaitedForInBoundedTime(t *testing.T) {
	for _, left := range []time.Duration{0, 10 * time.Minute} {
		m := newMaker(Parts{Cache: newTestCache(t.TempDir()), Now: func() time.Time { return noon }, Events: &recorder{}}, Flags{})
		c := &cached{m: m, key: cache.Key{Base: "AKIA"}, lock: "AKIA", issue: func(context.Context) (aws.Credentials, error) {
			t.Error("made a session without the lock")
			return aws.Credentials{}, errors.New("no")
		}}
		if err := m.Cache.Store(t.Context(), c.key, cache.Session{Credentials: minted(1, noon, left), Issued: noon.Add(-time.Hour), MadeWith: "AKIA"}, noon); err != nil {
			t.Fatal(err)
		}
		release, err := m.Cache.Lock(t.Context(), "AKIA")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		got, err := c.Retrieve(ctx)
		cancel()
		release()
		if left == 0 && !errors.Is(err, context.DeadlineExceeded) || left > 0 && (err != nil || !got.HasKeys()) {
			t.Errorf("with %v left: %v", left, err)
		}
	}
}
