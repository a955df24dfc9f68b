package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/awsexec/awsexec/internal/fault"
)

const (
	callbackPath = "/oauth/callback"
	donePath     = "/oauth/done"

	// closePatience bounds how long Close waits for a browser to get its last page.
	closePatience = 2 * time.Second
	// endPatience bounds how long it then waits for the end of that answer. A
	// connection that a browser has opened ahead, without a request, would take longer.
	endPatience = 200 * time.Millisecond
	maxReason   = 200 // bytes of what a browser says
)

// ErrState means that what came back belongs to another sign-in, or that somebody else
// made it up.
var ErrState = errors.New("what came back from the browser is not the answer to this sign-in: its state is wrong")

// DeniedError reports that the sign-in service, or the person there, refused.
type DeniedError struct{ Reason string } // as OAuth has it: a code, and perhaps a text

func (e *DeniedError) Error() string { return "the sign-in was refused in the browser: " + e.Reason }

// Redirect is the address on this machine to which a browser comes back with a code.
// The first answer counts, and none after it. Who does not know the state of the
// sign-in can end it, but cannot put a code in.
type Redirect struct {
	state  string
	host   string
	server *http.Server
	served chan struct{} // closed when the server has ended

	taken  atomic.Bool // an answer has come, or none is wanted any more
	answer chan answer
	leave  sync.Once
	left   chan struct{} // closed when a browser has got its last page
}

type answer struct {
	code string
	err  error
}

// NewRedirect returns an address for a sign-in with this state. The caller must Close
// it.
func NewRedirect(state string) (*Redirect, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("wait for the browser: %w", err)
	}
	r := &Redirect{
		state: state, host: listener.Addr().String(), served: make(chan struct{}),
		answer: make(chan answer, 1), left: make(chan struct{}),
	}
	r.server = &http.Server{
		Handler: r, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	fault.Go(func() {
		defer close(r.served)
		_ = r.server.Serve(listener) // ErrServerClosed, after Close
	})
	return r, nil
}

// URL returns the address.
func (r *Redirect) URL() string { return "http://" + r.host + callbackPath }

// Wait returns the code that the browser brings. The error is ErrState, a *DeniedError,
// or the cause of a context that ended.
func (r *Redirect) Wait(ctx context.Context) (code string, err error) {
	select {
	case a := <-r.answer:
		return a.code, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// Close ends the address. A browser that has just come back may get its last page
// before.
func (r *Redirect) Close() {
	if !r.taken.CompareAndSwap(false, true) {
		timer := time.NewTimer(closePatience)
		defer timer.Stop()
		select {
		case <-r.left:
		case <-timer.C:
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), endPatience)
	defer cancel()
	if r.server.Shutdown(ctx) != nil {
		_ = r.server.Close()
	}
	<-r.served
}

// ServeHTTP takes the answer, and redirects the browser to a page without the code, so
// that its history shows none.
func (r *Redirect) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	switch {
	case q.Host != r.host || q.URL.Path != callbackPath && q.URL.Path != donePath:
		w.WriteHeader(http.StatusNotFound)
	case q.Method != http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case strings.Contains(q.Header.Get("Sec-Purpose"), "prefetch"):
		w.WriteHeader(http.StatusServiceUnavailable)
	case q.URL.Path == donePath:
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Content-Length", strconv.Itoa(len(donePage)))
		_, _ = w.Write([]byte(donePage)) // a failure means that the browser went away
		_ = http.NewResponseController(w).Flush()
		r.leave.Do(func() { close(r.left) })
	default:
		a := r.read(q)
		if a.code == "" && a.err == nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if !r.taken.CompareAndSwap(false, true) {
			w.WriteHeader(http.StatusGone)
			return
		}
		header.Set("Location", donePath)
		w.WriteHeader(http.StatusSeeOther)
		_ = http.NewResponseController(w).Flush()
		r.answer <- a
	}
}

// read returns the answer in a request. It is empty if the request has none.
func (r *Redirect) read(q *http.Request) answer {
	query := q.URL.Query()
	state, code, refusal := query.Get("state"), query.Get("code"), query.Get("error")
	switch right := subtle.ConstantTimeCompare([]byte(state), []byte(r.state)) == 1; {
	case code == "" && refusal == "":
		return answer{}
	case !right && (code != "" || state != ""): // not every service sends the state with a refusal
		return answer{err: ErrState}
	case refusal != "":
		return answer{err: &DeniedError{reason(refusal, query.Get("error_description"))}}
	default:
		return answer{code: code}
	}
}

func reason(code, text string) string {
	if text != "" && text != code {
		code += ": " + text
	}
	if len(code) > maxReason {
		code = strings.ToValidUTF8(code[:maxReason], "") + "…"
	}
	return code
}

const donePage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>awsexec</title>
<body style="font-family:sans-serif;margin:4em auto;max-width:34em">
<h1>Back to the terminal</h1>
<p>awsexec has the answer of the sign-in and says there what came of it. You can close this tab.</p>
`
