package awsapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// Limits of what is read of one answer. AWS's are a few kilobytes.
const (
	maxAnswer = 1 << 20
	maxHead   = 128 << 10
)

// Wire is the HTTP client for one call to AWS at a time, with all its attempts. What it returns
// is complete, bounded and, as far as it can detect, from the service that was
// called; everything else is a *WireError. It follows no redirect: a request carries
// a signature, a token or a code, which are for the host that was called.
//
// It implements aws.HTTPClient, and the HTTPClient of the SDK's packages that
// get credentials.
type Wire struct {
	client *http.Client
	judge  Judge

	mu    sync.Mutex
	proxy string     // host of the proxy of the last attempt, "" for none
	last  *WireError // of the last attempt, if it has failed
	date  time.Time  // of the last answer, by the server's clock; zero if it has none
}

// NewWire returns a client that uses transport, which it changes.
func NewWire(transport *http.Transport, judge Judge) *Wire {
	w := &Wire{judge: judge}
	transport.MaxResponseHeaderBytes = maxHead
	if proxyOf := transport.Proxy; proxyOf != nil {
		transport.Proxy = func(r *http.Request) (*url.URL, error) {
			proxy, err := proxyOf(r)
			if err != nil {
				return nil, &WireError{Kind: ProxyInvalid} // the error could hold a password
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.proxy = ""; proxy != nil {
				w.proxy = proxy.Host
			}
			return proxy, nil
		}
	}
	transport.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
		if response.StatusCode != http.StatusOK {
			return &WireError{Kind: ProxyFailed, Status: response.StatusCode}
		}
		return nil
	}
	w.client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return w
}

// Do makes one attempt.
func (w *Wire) Do(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.last, w.proxy, w.date = nil, "", time.Time{}
	w.mu.Unlock()
	began := time.Now()
	response, err := w.attempt(r)
	if err == nil || errors.Is(r.Context().Err(), context.Canceled) {
		return response, err
	}
	fault := explain(err)
	fault.Host, fault.Waited = hostOf(r.URL), time.Since(began)
	w.mu.Lock()
	defer w.mu.Unlock()
	fault.Proxy = w.proxy
	w.last = fault
	return nil, fault
}

// attempt sends r and reads the whole answer.
func (w *Wire) attempt(r *http.Request) (*http.Response, error) {
	// The bodies of requests, which are short, are sent from memory. The SDK
	// (smithy-go 1.28) closes a body as soon as it has the head of the answer;
	// Go's transport can take that for a failed write, and then closes the
	// connection under an answer longer than its buffer of 4 KiB, as one with a
	// large session token is.
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	response, err := w.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, &partialError{err}
	case len(body) > maxAnswer:
		return nil, &WireError{Kind: TooLong, Status: response.StatusCode}
	}
	if fault := w.judge(response, body); fault != nil {
		clear(body)
		return nil, fault
	}
	if date, err := http.ParseTime(response.Header.Get("Date")); err == nil && response.Header.Get("Age") == "" {
		w.mu.Lock()
		w.date = date
		w.mu.Unlock()
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// Date returns when the last answer was made, by the clock of the server. It is zero
// if the answer has no date, or comes from a cache.
func (w *Wire) Date() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.date
}

// Close closes the connections.
func (w *Wire) Close() { w.client.CloseIdleConnections() }

// Cause returns err or, if the SDK has replaced it because ctx has ended, the
// fault of the last attempt.
func (w *Wire) Cause(ctx context.Context, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil || w.last == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.As(err, new(*WireError)) {
		return err
	}
	return w.last
}

// partialError reports an answer that broke off.
type partialError struct{ err error }

func (e *partialError) Error() string { return e.err.Error() }
func (e *partialError) Unwrap() error { return e.err }

// hostOf returns the host of u, with its port unless that is the usual one.
func hostOf(u *url.URL) string {
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		return u.Hostname()
	}
	return u.Host
}

// Retryer returns the SDK's standard retryer, which here knows the kinds of
// WireError. It does not repeat what a proxy, a captive portal or a certificate
// prevents.
func Retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
			var fault *WireError
			if !errors.As(err, &fault) {
				return aws.UnknownTernary
			}
			return aws.BoolTernary(fault.passing())
		})}, o.Retryables...)
		o.Retryables = append(o.Retryables, retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{http.StatusTooManyRequests: {}}})
	})
}
