// The server: its configuration, its life, and the handling of a request.

package ststest

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Config is the initial state of a Server.
type Config struct {
	Users         []User
	Roles         []Role
	WebIdentities []WebIdentity

	// Now is the server's clock; nil means time.Now. Clients sign with their
	// own clock, so the server refuses them if Now differs by more than 15
	// minutes.
	Now func() time.Time

	// MaxSession, if positive, limits the life of every session, whatever was
	// requested. The Expiration in the answer is the true one, in whole
	// seconds.
	MaxSession time.Duration

	// Minted, if set, is called with every new session before any client gets
	// it. It is for stand-ins of other services.
	Minted func(aws.Credentials)

	// TokenSize is the length of a session token in bytes, 64 to 32768;
	// 0 means 300.
	TokenSize int

	// Region, if set, is the only region for which signatures are valid.
	Region string
}

// Limits of the server. writeTimeout also limits how long Hold can hold a call.
const (
	maxBody           = 256 << 10
	maxHeader         = 64 << 10
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 5 * time.Minute
	idleTimeout       = time.Minute
)

// Server is a running stand-in. Its methods are safe for concurrent use.
type Server struct {
	config  Config
	address string
	http    *http.Server
	served  chan struct{} // closed when the accept loop has ended

	mu            sync.Mutex // guards the fields below, and the users they point to
	offset        time.Duration
	users         map[string]*user // by ARN
	keys          map[string]*accessKey
	sessions      map[string]*session // by access key ID
	roles         map[string]Role     // by ARN
	webIdentities map[string]WebIdentity
	requests      []Request
	faults        map[string][]Fault
	holds         map[string]*hold
	delays        map[string]time.Duration
	devices       map[string]*virtualDevice // by serial number
	forbidden     map[string]Condition      // actions of IAM
	propagation   Propagation
	nth           int // number of calls until the one that gets nthFault; 0 for none
	nthFault      Fault
}

// Start starts a server on a free port of 127.0.0.1. It fails for a
// configuration that AWS could not hold, such as two keys with the same ID. The
// caller must Close the server.
func Start(c Config) (*Server, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.TokenSize == 0 {
		c.TokenSize = 300
	}
	if c.TokenSize < 64 || c.TokenSize > 32<<10 {
		return nil, fmt.Errorf("token size %d: not between 64 and 32768", c.TokenSize)
	}
	s := &Server{
		config:        c,
		users:         make(map[string]*user),
		keys:          make(map[string]*accessKey),
		sessions:      make(map[string]*session),
		roles:         make(map[string]Role),
		webIdentities: make(map[string]WebIdentity),
		faults:        make(map[string][]Fault),
		holds:         make(map[string]*hold),
		delays:        make(map[string]time.Duration),
		devices:       make(map[string]*virtualDevice),
		forbidden:     make(map[string]Condition),
	}
	for _, u := range c.Users {
		if err := s.AddUser(u); err != nil {
			return nil, err
		}
	}
	for _, r := range c.Roles {
		if err := s.AddRole(r); err != nil {
			return nil, err
		}
	}
	for _, w := range c.WebIdentities {
		s.AddWebIdentity(w)
	}

	return s, s.serve("127.0.0.1:0")
}

// serve listens on address and answers requests until Close.
func (s *Server) serve(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("start AWS stand-in: %w", err)
	}
	s.address = listener.Addr().String()
	s.served = make(chan struct{})
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.handle),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	go func(server *http.Server, served chan struct{}) {
		defer close(served)
		server.Serve(listener) // returns ErrServerClosed after Close
	}(s.http, s.served)
	return nil
}

// URL returns the endpoint for clients, without a trailing slash.
func (s *Server) URL() string { return "http://" + s.address }

// Close stops the server and breaks all its connections, even those of held
// calls. A second Close does nothing.
func (s *Server) Close() {
	s.http.Close()
	<-s.served
}

// Restart starts a closed server again, at the same address, with its whole
// state. It must not be called concurrently.
func (s *Server) Restart() error { return s.serve(s.address) }

// now returns the server's time. s.mu must be held.
func (s *Server) now() time.Time { return s.config.Now().Add(s.offset) }

// handle reads one request and answers it.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		s.answer(w, "", nil, &Fault{Status: http.StatusRequestEntityTooLarge, Code: "RequestEntityTooLarge",
			Message: "Request entity too large"})
		return
	}
	params := parameters(r, body)
	action := params.Get("Action")
	number := s.record(r, params)

	if s.wait(r.Context(), action) != nil {
		s.recordOutcome(number, &Fault{Code: "ClientGone"})
		panic(http.ErrAbortHandler)
	}
	var result any
	fault := s.nextFault(action)
	if fault == nil || fault.Drop && fault.Done {
		var own *Fault
		result, own = s.perform(r, body, params)
		if fault == nil {
			fault = own
		}
	}
	s.recordOutcome(number, fault)
	if fault != nil && fault.Drop {
		panic(http.ErrAbortHandler)
	}
	s.answer(w, action, result, fault)
}

// service is a service that the server stands in for.
type service struct{ name, version, xmlns string }

var (
	serviceSTS = service{"sts", "2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/"}
	serviceIAM = service{"iam", "2010-05-08", "https://iam.amazonaws.com/doc/2010-05-08/"}
)

// operation is one action of a service.
type operation struct {
	service
	unsigned bool
	do       func(*Server, call) (any, *Fault)
}

// operationOf returns the operation for action, or an operation of STS that
// cannot be performed.
func operationOf(action string) operation {
	if o, ok := operations[action]; ok {
		return o
	}
	return operation{service: serviceSTS}
}

var operations = map[string]operation{
	"GetCallerIdentity":         {service: serviceSTS, do: (*Server).getCallerIdentity},
	"GetSessionToken":           {service: serviceSTS, do: (*Server).getSessionToken},
	"GetFederationToken":        {service: serviceSTS, do: (*Server).getFederationToken},
	"AssumeRole":                {service: serviceSTS, do: (*Server).assumeRole},
	"AssumeRoleWithWebIdentity": {service: serviceSTS, do: (*Server).assumeRoleWithWebIdentity, unsigned: true},

	"CreateAccessKey":      {service: serviceIAM, do: (*Server).createAccessKey},
	"ListAccessKeys":       {service: serviceIAM, do: (*Server).listAccessKeys},
	"UpdateAccessKey":      {service: serviceIAM, do: (*Server).updateAccessKey},
	"DeleteAccessKey":      {service: serviceIAM, do: (*Server).deleteAccessKey},
	"GetAccessKeyLastUsed": {service: serviceIAM, do: (*Server).getAccessKeyLastUsed},
	"ListMFADevices":       {service: serviceIAM, do: (*Server).listMFADevices},

	"CreateVirtualMFADevice": {service: serviceIAM, do: (*Server).createVirtualMFADevice},
	"EnableMFADevice":        {service: serviceIAM, do: (*Server).enableMFADevice},
	"DeleteVirtualMFADevice": {service: serviceIAM, do: (*Server).deleteVirtualMFADevice},
}

// call is one request that passed authentication.
type call struct {
	params url.Values
	caller *identity // nil for an action that needs no signature
	now    time.Time
}

// perform authenticates a request and performs its operation.
func (s *Server) perform(r *http.Request, body []byte, params url.Values) (any, *Fault) {
	op := operationOf(params.Get("Action"))
	if fault := checkOperation(r, params, op); fault != nil {
		return nil, fault
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	c := call{params: params, now: s.now()}
	if !op.unsigned {
		var fault *Fault
		if c.caller, fault = s.authenticate(r, body, op.name, c.now); fault != nil {
			return nil, fault
		}
		// No policy can forbid GetCallerIdentity. Source: its API reference.
		action, resource := params.Get("Action"), "*"
		if params.Has("RoleArn") {
			resource = params.Get("RoleArn")
		}
		if c.caller.policies != nil && action != "GetCallerIdentity" && !c.caller.may(op.name+":"+action, resource) {
			return nil, notAuthorized(c.caller, op.name+":"+action, resource)
		}
	}
	return op.do(s, c)
}
