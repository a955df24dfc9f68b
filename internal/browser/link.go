package browser

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/awsexec/awsexec/internal/fault"
)

// closeTimeout bounds how long Close waits for the end of an answer.
const closeTimeout = 2 * time.Second

// Link is an address on this machine that redirects to a page. It does so once, for a
// browser of the user who runs this process; that is checked where the system tells
// whose a connection is. Nobody can guess the address.
type Link struct {
	page   string
	host   string
	path   string
	server *http.Server
	taken  atomic.Bool
	done   chan struct{} // closed when a browser has been redirected
	served chan struct{} // closed when the server has ended
}

// NewLink returns a link to page. The caller must Close it.
func NewLink(page string) (*Link, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("make a link for the browser: %w", err)
	}
	l := &Link{page: page, host: listener.Addr().String(), path: "/" + rand.Text(), done: make(chan struct{}), served: make(chan struct{})}
	l.server = &http.Server{
		Handler: l, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	fault.Go(func() {
		defer close(l.served)
		_ = l.server.Serve(listener) // ErrServerClosed, after Close
	})
	return l, nil
}

// URL returns the address.
func (l *Link) URL() string { return "http://" + l.host + l.path }

// Done is closed when a browser has been redirected.
func (l *Link) Done() <-chan struct{} { return l.done }

// Close ends the link, after the answer that is under way.
func (l *Link) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if l.server.Shutdown(ctx) != nil {
		_ = l.server.Close()
	}
	<-l.served
}

// ServeHTTP redirects the first browser that asks. It does not count what a browser
// fetches ahead, on the guess that somebody might want it.
func (l *Link) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	switch {
	case r.Host != l.host || subtle.ConstantTimeCompare([]byte(r.URL.Path), []byte(l.path)) != 1:
		w.WriteHeader(http.StatusNotFound)
	case r.Method != http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case strings.Contains(r.Header.Get("Sec-Purpose"), "prefetch"):
		w.WriteHeader(http.StatusServiceUnavailable)
	case IsForeign(r.RemoteAddr, l.host):
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
