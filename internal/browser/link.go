package browser

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// closeTimeout bounds how long Close waits for the end of an answer.
const closeTimeout = 2 * time.Second

// Link is an address on this machine that redirects to a page. It does so once, for a
// browser of the user who runs this process; that is checked where the system tells
// whose a connection is. Nobody can guess the address.
type Link struct {
	page   string
	path   string
	server *Loopback
	taken  atomic.Bool
	done   chan struct{} // closed when a browser has been redirected
}

// NewLink returns a link to page. The caller must Close it.
func NewLink(page string) (*Link, error) {
	server, err := Listen()
	if err != nil {
		return nil, fmt.Errorf("make a link for the browser: %w", err)
	}
	l := &Link{page: page, path: "/" + rand.Text(), server: server, done: make(chan struct{})}
	server.Serve(l)
	return l, nil
}

// URL returns the address.
func (l *Link) URL() string { return "http://" + l.server.Host + l.path }

// Done is closed when a browser has been redirected.
func (l *Link) Done() <-chan struct{} { return l.done }

// Close ends the link, after the answer that is under way.
func (l *Link) Close() { l.server.Close(closeTimeout) }

// ServeHTTP redirects the first browser that asks. It does not count what a browser
// fetches ahead, on the guess that somebody might want it.
func (l *Link) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	switch {
	case r.Host != l.server.Host || subtle.ConstantTimeCompare([]byte(r.URL.Path), []byte(l.path)) != 1:
		w.WriteHeader(http.StatusNotFound)
	case r.Method != http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch"):
		w.WriteHeader(http.StatusServiceUnavailable)
	case IsForeign(r.RemoteAddr, l.server.Host):
		w.WriteHeader(http.StatusForbidden)
	case !l.taken.CompareAndSwap(false, true):
		w.WriteHeader(http.StatusGone)
	default:
		header.Set("Location", l.page)
		w.WriteHeader(http.StatusSeeOther)
		_ = http.NewResponseController(w).Flush() // a failure means that the browser went away
		close(l.done)
	}
}
