package ststest

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

func TestFail(t *testing.T) {
	for _, fault := range []Fault{
		ExpiredToken(), InvalidClientTokenID(), SignatureDoesNotMatch(), MissingAuthenticationToken(), RegionDisabledException(),
		AccessDenied("no <&> entry"), ValidationError("no"), Throttling(), InternalFailure(),
	} {
		t.Run(fault.Code, func(t *testing.T) {
			s := start(t)
			s.Fail("GetSessionToken", 2, fault)
			for range 2 {
				_, err := client(s, me).GetSessionToken(t.Context(), nil)
				wantError(t, err, fault.Code, fault.Status, fault.Message)
			}
			sessionOf(t, s, me, "")
			if got := s.Requests()[1]; !got.Done || got.ErrorCode != fault.Code {
				t.Errorf("recorded %+v", got)
			}
		})
	}
}

func TestFailNth(t *testing.T) {
	s := start(t)
	s.FailNth(3, AccessDenied("third"))
	for n := 1; n <= 4; n++ {
		_, err := whoami(t, s, me)
		if n == 3 {
			wantError(t, err, "AccessDenied", 403, "third")
		} else if err != nil {
			t.Errorf("call %d: %v", n, err)
		}
	}
}

func TestFailIsRetriedBySDK(t *testing.T) {
	s := start(t)
	s.Fail("GetCallerIdentity", 1, Throttling())
	s.Fail("GetCallerIdentity", 1, InternalFailure())
	c := client(s, me, func(o *sts.Options) {
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	})
	if _, err := c.GetCallerIdentity(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if n := s.Calls("GetCallerIdentity"); n != 3 {
		t.Errorf("%d calls, want 3", n)
	}
}

func TestDroppedConnections(t *testing.T) {
	code := TOTP(mfaSeed, epoch)
	in := &sts.GetSessionTokenInput{SerialNumber: aws.String(mfaSerial), TokenCode: &code}
	for _, test := range []struct {
		name  string
		fault Fault
		again string // the message when the same code is sent again
	}{
		{"before the work", ConnectionDropped(), ""},
		{"after the work", AnswerLost(), wrongCode},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t)
			s.Fail("GetSessionToken", 1, test.fault)
			_, err := client(s, me).GetSessionToken(t.Context(), in)
			var api smithy.APIError
			if err == nil || errors.As(err, &api) {
				t.Fatalf("error %v, want a broken connection", err)
			}
			_, err = client(s, me).GetSessionToken(t.Context(), in)
			if test.again == "" {
				wantError(t, err, "", 0, "")
			} else {
				wantError(t, err, "AccessDenied", 403, test.again)
			}
		})
	}
}

func TestHold(t *testing.T) {
	s := start(t)
	entered, release := s.Hold("GetCallerIdentity")
	results := make(chan error, 3)
	for range 3 {
		go func() {
			_, err := client(s, me).GetCallerIdentity(context.Background(), nil)
			results <- err
		}()
	}
	for range 3 {
		<-entered
	}
	if n := s.Calls("GetCallerIdentity"); n != 3 {
		t.Errorf("%d calls counted while held, want 3", n)
	}
	sessionOf(t, s, me, "") // other actions continue
	select {
	case err := <-results:
		t.Fatalf("a held call was answered: %v", err)
	default:
	}
	release()
	release()
	for range 3 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if _, err := whoami(t, s, me); err != nil {
		t.Errorf("after release: %v", err)
	}
}

func TestHeldCallOfAGoneClient(t *testing.T) {
	s := start(t)
	entered, release := s.Hold("GetSessionToken")
	ctx, cancel := context.WithCancel(t.Context())
	code := TOTP(mfaSeed, epoch)
	in := &sts.GetSessionTokenInput{SerialNumber: aws.String(mfaSerial), TokenCode: &code}
	gone := make(chan error, 1)
	go func() {
		_, err := client(s, me).GetSessionToken(ctx, in)
		gone <- err
	}()
	<-entered
	cancel()
	if err := <-gone; err == nil {
		t.Error("a cancelled call succeeded")
	}
	for !s.Requests()[0].Done {
		runtime.Gosched() // the server notices the broken connection
	}
	release()
	if got := s.Requests()[0].ErrorCode; got != "ClientGone" {
		t.Errorf("recorded %q", got)
	}
	_, err := client(s, me).GetSessionToken(t.Context(), in) // the code was not used
	wantError(t, err, "", 0, "")
}

func TestCloseBreaksHeldCalls(t *testing.T) {
	s := start(t)
	entered, _ := s.Hold("GetCallerIdentity")
	result := make(chan error, 1)
	go func() {
		_, err := client(s, me).GetCallerIdentity(context.Background(), nil)
		result <- err
	}()
	<-entered
	s.Close()
	s.Close()
	if err := <-result; err == nil {
		t.Error("a call survived Close")
	}
}

func TestSetDelay(t *testing.T) {
	s := start(t)
	s.SetDelay("GetCallerIdentity", 20*time.Millisecond)
	before := time.Now()
	if _, err := whoami(t, s, me); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(before); took < 20*time.Millisecond {
		t.Errorf("took %v", took)
	}
	s.SetDelay("GetCallerIdentity", time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := client(s, me).GetCallerIdentity(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

func TestRequests(t *testing.T) {
	s := start(t)
	code := TOTP(mfaSeed, epoch)
	if _, err := client(s, me).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{
		SerialNumber: aws.String(mfaSerial), TokenCode: &code, DurationSeconds: aws.Int32(900)}); err != nil {
		t.Fatal(err)
	}
	_, err := client(s, aws.Credentials{}).AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(role("web")), RoleSessionName: aws.String("job"), WebIdentityToken: aws.String("S3CR3TMARKERbad")})
	wantError(t, err, "InvalidIdentityToken", 400, "")

	requests := s.Requests()
	if len(requests) != 2 || s.Calls("GetSessionToken") != 1 || s.Calls("AssumeRole") != 0 {
		t.Fatalf("%d requests", len(requests))
	}
	got := requests[0]
	if got.Action != "GetSessionToken" || got.AccessKeyID != me.AccessKeyID || got.Region != region || !got.Time.Equal(epoch) ||
		"http://"+got.Host != s.URL() || !strings.HasPrefix(got.UserAgent, "aws-sdk-go-v2/") || !got.Done || got.ErrorCode != "" ||
		got.Params.Get("SerialNumber") != mfaSerial || got.Params.Get("DurationSeconds") != "900" || got.Params.Get("TokenCode") != "***" {
		t.Errorf("recorded %+v", got)
	}
	web := requests[1]
	if web.AccessKeyID != "" || web.Params.Get("WebIdentityToken") != "***" || web.ErrorCode != "InvalidIdentityToken" {
		t.Errorf("recorded %+v", web)
	}
	got.Params.Set("SerialNumber", "changed")
	if s.Requests()[0].Params.Get("SerialNumber") != mfaSerial {
		t.Error("the caller's copy shares memory with the server")
	}
}

// Many callers use one code at once, and one of them gets the session.
func TestConcurrentCallers(t *testing.T) {
	s := start(t)
	code := TOTP(mfaSeed, epoch)
	var wait sync.WaitGroup
	var mu sync.Mutex
	sessions := 0
	for range 20 {
		wait.Go(func() {
			_, err := client(s, me).GetSessionToken(context.Background(), &sts.GetSessionTokenInput{SerialNumber: aws.String(mfaSerial), TokenCode: &code})
			s.Requests()
			if err == nil {
				mu.Lock()
				sessions++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if sessions != 1 || s.Calls("GetSessionToken") != 20 {
		t.Errorf("%d sessions of %d calls", sessions, s.Calls("GetSessionToken"))
	}
}
