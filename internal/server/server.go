// Package server is a container credentials endpoint: programs fetch short-lived
// credentials from it over HTTP, again and again, with the protocol of ECS and
// EKS that every AWS SDK knows.
//
// Whoever knows the token gets the credentials, and nobody else gets anything. A
// web page whose name resolves to this machine does not know the token, and is
// refused by its Host header before that.
//
// Credentials are handed out for at most a second after their profile has
// stopped leading to them: see Credentials.Current.
package server

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Limits of one client; places has those of all together. Requests are a few
// hundred bytes, and come over loopback.
const (
	readLimit  = 2 * time.Second // from the connection, or the first byte of a later request, to the end of the header
	writeLimit = 5 * time.Second
	idleLimit  = time.Minute // between two requests; a client without the token may send only one
	maxHeader  = 8 << 10
)

// Profile is a profile to be served.
type Profile struct {
	Name string

	// Source returns new credentials, or those that there are if it still
	// regards them as fresh. It is called by one goroutine at a time and must
	// return when ctx ends.
	Source func(ctx context.Context) (Credentials, error)
}

// Credentials are what a Source returns.
type Credentials struct {
	aws.Credentials

	// Current reports whether the profile still leads to these credentials. An
	// error means that this cannot be found out. It is called about once a
	// second while there are requests, by one goroutine at a time, and must
	// return when ctx ends. It may be nil for credentials that stay current
	// until they expire.
	Current func(ctx context.Context) (bool, error)
}

// Config is what a Server works with. All must be set but Hosts.
type Config struct {
	Profiles []Profile // the first is at / too
	Hosts    []string  // names and addresses, without port, that clients may use for this machine, besides those of loopback
	Now      func() time.Time
	Lasting  func(err error) bool            // reports whether the next try of a Source will fail with this error again
	Warn     func(profile string, err error) // called when a renewal fails, from any goroutine
}

// Server serves credentials. Its methods may be called by many goroutines.
type Server struct {
	token    string
	entries  map[string]*entry // by profile name; the first one also under ""
	hosts    map[string]bool
	http     *http.Server
	cancel   context.CancelFunc // of renewals
	renewals renewals
}

// New returns a server that holds no credentials yet. Close it, whether it has
// served or not.
func New(c Config) *Server {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		token:   newToken(),
		entries: make(map[string]*entry, len(c.Profiles)+1),
		hosts:   map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true},
		cancel:  cancel,
	}
	for _, h := range c.Hosts {
		s.hosts[strings.ToLower(h)] = true
	}
	for i, p := range c.Profiles {
		e := &entry{profile: p, now: c.Now, lasting: c.Lasting, warn: c.Warn, ctx: ctx, renewals: &s.renewals}
		s.entries[p.Name] = e
		if i == 0 {
			s.entries[""] = e
		}
	}
	s.http = &http.Server{
		Handler:                      http.HandlerFunc(s.handle),
		DisableGeneralOptionsHandler: true,
		ReadTimeout:                  readLimit,
		WriteTimeout:                 writeLimit,
		IdleTimeout:                  idleLimit,
		MaxHeaderBytes:               maxHeader,
		ConnContext:                  withGuest,
		ConnState:                    follow,
		ErrorLog:                     slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	return s
}

// newToken returns what clients have to show: 256 random bits, in characters that
// need no quoting anywhere.
func newToken() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// Token returns what clients have to send as the value of their Authorization
// header.
func (s *Server) Token() string { return s.token }

// Path returns the path of the credentials of a profile.
func Path(profile string) string { return "/" + url.PathEscape(profile) }

// Fetch gets the credentials of a profile before the first request for them, with
// a ctx of its own: a person may be asked.
func (s *Server) Fetch(ctx context.Context, profile string) error {
	return s.entries[profile].fetch(ctx)
}

// Serve answers requests on l until Close, and then returns nil. It closes l.
func (s *Server) Serve(l net.Listener) error {
	strangers, known := room(openFiles())
	err := s.http.Serve(newPlaces(l, strangers, known))
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close ends the server and its connections, and waits for the end of renewals.
func (s *Server) Close() {
	s.cancel()
	_ = s.http.Close() // an error is one of connections that nobody needs any more
	s.renewals.end()
}

// guestKey is the key of a request's connection in its context.
type guestKey struct{}

func withGuest(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, guestKey{}, conn)
}

// follow reports to the places what a connection does.
func follow(conn net.Conn, state http.ConnState) {
	g, ok := conn.(*guest)
	switch {
	case ok && state == http.StateActive:
		g.asks()
	case ok && state == http.StateIdle:
		g.rests()
	}
}

func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	e, problem := s.check(r)
	if problem == nil {
		var a *answer
		if a, problem = e.get(r.Context()); problem == nil {
			write(w, http.StatusOK, a.body)
			return
		}
	}
	if problem.status != http.StatusServiceUnavailable {
		w.Header().Set("Connection", "close") // what may follow is not read
	}
	if problem.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodGet)
	}
	write(w, problem.status, problem.body())
}

// check returns the entry that r asks for, or why it gets none. A client without
// the token learns nothing about profiles.
func (s *Server) check(r *http.Request) (*entry, *problem) {
	switch {
	case !s.knows(r.Host):
		return nil, &problem{http.StatusMisdirectedRequest, "InvalidHost", "this endpoint has another host than the request"}
	case r.Method != http.MethodGet:
		return nil, &problem{http.StatusMethodNotAllowed, "MethodNotAllowed", "only GET is allowed"}
	case r.ContentLength != 0:
		return nil, &problem{http.StatusRequestEntityTooLarge, "BodyNotAllowed", "a request must not have a body"}
	}
	given := r.Header["Authorization"]
	if len(given) == 0 {
		return nil, &problem{http.StatusUnauthorized, "MissingToken", "the request has no Authorization header; is AWS_CONTAINER_AUTHORIZATION_TOKEN set?"}
	}
	if len(given) > 1 || subtle.ConstantTimeCompare([]byte(given[0]), []byte(s.token)) != 1 {
		return nil, &problem{http.StatusForbidden, "InvalidToken", "the authorization token is not that of this awsexec"}
	}
	if g, ok := r.Context().Value(guestKey{}).(*guest); ok {
		g.shown()
	}
	name, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/"))
	if e := s.entries[name]; err == nil && e != nil {
		return e, nil
	}
	return nil, &problem{http.StatusNotFound, "NotFound", "no profile is served at this path"}
}

// knows reports whether the value of a Host header is a name of this endpoint. A
// name that an attacker makes resolve to this machine is none.
func (s *Server) knows(host string) bool {
	if name, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		host = name
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	return s.hosts[strings.ToLower(host)]
}

// problem is an answer without credentials.
type problem struct {
	status        int
	code, message string
}

// body returns the JSON of p. Some SDKs read lower-case names, the one for
// JavaScript reads capitalized ones.
func (p *problem) body() []byte {
	body, err := json.Marshal(map[string]string{"code": p.code, "message": p.message, "Code": p.code, "Message": p.message})
	if err != nil {
		panic(err) // text is always valid
	}
	return body
}

func write(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}
