package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/awsexec/awsexec/internal/browser"
)

const (
	loginCallback = "/oauth/callback"
	loginDone     = "/oauth/done"

	// lastPagePatience bounds how long Close waits for a browser to get its last page.
	lastPagePatience = 2 * time.Second
	// endPatience bounds how long it then waits for the end of that answer. A
	// connection that a browser has opened ahead, without a request, would take longer.
	endPatience    = 200 * time.Millisecond
	maxLoginReason = 200 // bytes of what a browser says
)

// ErrLoginState means that what came back belongs to another sign-in, or that somebody else
// made it up.
var ErrLoginState = errors.New("what came back from the browser is not the answer to this sign-in: its state is wrong")

// LoginDeniedError reports that the sign-in service, or the person there, refused.
type LoginDeniedError struct{ Reason string } // as OAuth has it: a code, and perhaps a text

func (e *LoginDeniedError) Error() string {
	return "the sign-in was refused in the browser: " + e.Reason
}

// loginRedirect is the address on this machine to which a browser comes back with a code.
// The first answer counts, and none after it. Who does not know the state of the
// sign-in can end it, but cannot put a code in. Where the system tells whose a
// connection is, only a browser of this process's user can do either.
type loginRedirect struct {
	state  string
	server *browser.Loopback

	taken  atomic.Bool // an answer has come, or none is wanted any more
	answer chan loginAnswer
	leave  sync.Once
	left   chan struct{} // closed when a browser has got its last page
}

type loginAnswer struct {
	code string
	err  error
}

// newLoginRedirect returns an address for a sign-in with this state. The caller must Close
// it.
func newLoginRedirect(state string) (*loginRedirect, error) {
	server, err := browser.Listen()
	if err != nil {
		return nil, fmt.Errorf("wait for the browser: %w", err)
	}
	r := &loginRedirect{state: state, server: server, answer: make(chan loginAnswer, 1), left: make(chan struct{})}
	server.Serve(r)
	return r, nil
}

// URL returns the address.
func (r *loginRedirect) URL() string { return "http://" + r.server.Host + loginCallback }

// Wait returns the code that the browser brings. The error is ErrLoginState, a *LoginDeniedError,
// or the cause of a context that ended.
func (r *loginRedirect) Wait(ctx context.Context) (code string, err error) {
	select {
	case a := <-r.answer:
		return a.code, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// Close ends the address. A browser that has just come back may get its last page
// before.
func (r *loginRedirect) Close() {
	if !r.taken.CompareAndSwap(false, true) {
		timer := time.NewTimer(lastPagePatience)
		defer timer.Stop()
		select {
		case <-r.left:
		case <-timer.C:
		}
	}
	r.server.Close(endPatience)
}

// ServeHTTP takes the answer, and redirects the browser to a page without the code, so
// that its history shows none.
func (r *loginRedirect) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	switch {
	case q.Host != r.server.Host || q.URL.Path != loginCallback && q.URL.Path != loginDone:
		w.WriteHeader(http.StatusNotFound)
	case q.Method != http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case browser.IsForeign(q.RemoteAddr, r.server.Host):
		w.WriteHeader(http.StatusForbidden)
	case strings.Contains(q.Header.Get("Sec-Purpose"), "prefetch"):
		w.WriteHeader(http.StatusServiceUnavailable)
	case q.URL.Path == loginDone:
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Content-Length", strconv.Itoa(len(loginDonePage)))
		_, _ = w.Write([]byte(loginDonePage)) // a failure means that the browser went away
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
		header.Set("Location", loginDone)
		w.WriteHeader(http.StatusSeeOther)
		_ = http.NewResponseController(w).Flush()
		r.answer <- a
	}
}

// read returns the answer in a request. It is empty if the request has none.
func (r *loginRedirect) read(q *http.Request) loginAnswer {
	query := q.URL.Query()
	state, code, refusal := query.Get("state"), query.Get("code"), query.Get("error")
	switch right := subtle.ConstantTimeCompare([]byte(state), []byte(r.state)) == 1; {
	case code == "" && refusal == "":
		return loginAnswer{}
	case !right && (code != "" || state != ""): // not every service sends the state with a refusal
		return loginAnswer{err: ErrLoginState}
	case refusal != "":
		return loginAnswer{err: &LoginDeniedError{loginReason(refusal, query.Get("error_description"))}}
	default:
		return loginAnswer{code: code}
	}
}

func loginReason(code, text string) string {
	if text != "" && text != code {
		code += ": " + text
	}
	if len(code) > maxLoginReason {
		code = strings.ToValidUTF8(code[:maxLoginReason], "") + "…"
	}
	return code
}

const loginDonePage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>awsexec</title>
<body style="font-family:sans-serif;margin:4em auto;max-width:34em">
<h1>Back to the terminal</h1>
<p>awsexec has the answer of the sign-in and says there what came of it. You can close this tab.</p>
`
