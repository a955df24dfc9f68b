package browser

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/awsexec/awsexec/internal/fault"
)

// Loopback is an HTTP server for a browser on this machine. No other machine reaches it.
type Loopback struct {
	Host string // with the port, as the browser names it

	listener net.Listener
	server   *http.Server
	served   chan struct{} // closed when the server has ended
}

// Listen returns a server, which answers once Serve is called. Then the caller must
// Close it.
func Listen() (*Loopback, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &Loopback{Host: listener.Addr().String(), listener: listener, served: make(chan struct{})}, nil
}

// Serve has h answer browsers from now on. It returns at once.
func (l *Loopback) Serve(h http.Handler) {
	l.server = &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	fault.Go(func() {
		defer close(l.served)
		_ = l.server.Serve(l.listener) // ErrServerClosed, after Close
	})
}

// Close ends the server. Patience is how long it waits for the end of an answer that is
// under way.
func (l *Loopback) Close(patience time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if l.server.Shutdown(ctx) != nil {
		_ = l.server.Close()
	}
	<-l.served
}
