package awstest

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Issue returns the credentials for one answer of a stand-in. It is called for
// every answer.
type Issue func() (aws.Credentials, error)

// Call is the record of one request. It holds no secret.
type Call struct {
	Method, Path string
	Status       int    // of the answer
	AccessKeyID  string // the key that signed the request, or ""
}

// server is the common part of all stand-ins: an HTTP server on loopback, and a
// record of calls.
type server struct {
	url    string
	http   *http.Server
	served chan struct{}

	mu    sync.Mutex
	calls []Call
}

// start serves handler on a free port.
func (s *server) start(handler http.HandlerFunc) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("start stand-in: %w", err)
	}
	s.url = "http://" + listener.Addr().String()
	s.served = make(chan struct{})
	s.http = &http.Server{
		Handler:           s.recorded(handler),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	go func() {
		defer close(s.served)
		s.http.Serve(listener) // returns ErrServerClosed after Close
	}()
	return nil
}

// URL returns the address of the stand-in, without a trailing slash.
func (s *server) URL() string { return s.url }

// Close ends the stand-in and its connections. A second Close does nothing.
func (s *server) Close() {
	s.http.Close()
	<-s.served
}

// Calls returns all answered requests, in the order of their answers.
func (s *server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

func (s *server) recorded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next(seen, r)
		claim, _ := parseAuthorization(r.Header.Get("Authorization"))
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, Call{r.Method, r.URL.Path, seen.status, claim.keyID})
	}
}

// statusWriter records the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// answerJSON writes v as the whole answer.
func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // an error means that the client went away
}
