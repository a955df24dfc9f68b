// The record of calls.

package ststest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Request is the record of one call, which the server keeps as long as it runs.
// It holds no secret.
type Request struct {
	Time   time.Time // arrival, by the server's clock
	Action string

	// AccessKeyID and Region are the claims of the signature; both are empty
	// for an unsigned request.
	AccessKeyID string
	Region      string

	UserAgent string
	Host      string

	// Params is the form as sent, such as DurationSeconds, SerialNumber,
	// RoleArn and Tags.member.1.Key. Values of TokenCode and WebIdentityToken
	// are "***".
	Params url.Values

	// Done reports whether the call has ended. ErrorCode is then the code of
	// its error: "" for a success and for a Drop, ClientGone for a client that
	// went away while its call was held or delayed.
	Done      bool
	ErrorCode string
}

// Calls returns the number of calls of action that have arrived, with any
// outcome.
func (s *Server) Calls(action string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.requests {
		if r.Action == action {
			n++
		}
	}
	return n
}

// Requests returns all calls in the order of their arrival. The caller may
// change the result.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := slices.Clone(s.requests)
	for i := range requests {
		requests[i].Params = cloneValues(requests[i].Params)
	}
	return requests
}

// record adds a request to the record and returns its number.
func (s *Server) record(r *http.Request, params url.Values) int {
	shown := cloneValues(params)
	for _, secret := range []string{"TokenCode", "WebIdentityToken"} {
		if shown.Has(secret) {
			shown.Set(secret, "***")
		}
	}
	claim, _ := parseAuthorization(r.Header.Get("Authorization"))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, Request{
		Time:        s.now(),
		Action:      params.Get("Action"),
		AccessKeyID: claim.keyID,
		Region:      claim.region,
		UserAgent:   r.UserAgent(),
		Host:        r.Host,
		Params:      shown,
	})
	return len(s.requests) - 1
}

func (s *Server) recordOutcome(number int, fault *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[number].Done = true
	if fault != nil {
		s.requests[number].ErrorCode = fault.Code
	}
}

func cloneValues(values url.Values) url.Values {
	clone := maps.Clone(values)
	for name, list := range clone {
		clone[name] = slices.Clone(list)
	}
	return clone
}
