package awstest

import (
	"crypto/rand"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// IMDS stands in for the EC2 instance metadata service, version 2 only
// (HttpTokens "required"): every request needs a token, which a PUT returns.
// Source: "Use the Instance Metadata Service to access instance metadata" in
// the Amazon EC2 User Guide.
//
// Like the service, it refuses a token to a forwarded request. It cannot limit
// tokens to one network hop, because it runs on loopback.
type IMDS struct {
	server
	role  string
	issue Issue

	tokens struct {
		sync.Mutex
		ends map[string]time.Time
	}
}

// maxTokenLife is the longest life of a token, in seconds.
const maxTokenLife = 21600

// StartIMDS starts the metadata service of an instance whose profile has the
// role called role, or of an instance without a role if role is "". The caller
// must Close it.
func StartIMDS(role string, issue Issue) (*IMDS, error) {
	s := &IMDS{role: role, issue: issue}
	s.tokens.ends = make(map[string]time.Time)
	return s, s.start(s.handle)
}

func (s *IMDS) handle(w http.ResponseWriter, r *http.Request) {
	const credentials = "/latest/meta-data/iam/security-credentials/"
	switch {
	case r.URL.Path == "/latest/api/token":
		s.token(w, r)
	case r.Method != http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case !s.knows(r.Header.Get("X-Aws-Ec2-Metadata-Token")):
		w.WriteHeader(http.StatusUnauthorized)
	case s.role != "" && strings.TrimSuffix(r.URL.Path, "/") == strings.TrimSuffix(credentials, "/"):
		io.WriteString(w, s.role)
	case s.role != "" && r.URL.Path == credentials+s.role:
		s.credentials(w)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// token creates a token that lives as long as the request asks for.
func (s *IMDS) token(w http.ResponseWriter, r *http.Request) {
	const life = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
	seconds, err := strconv.Atoi(r.Header.Get(life))
	switch {
	case r.Method != http.MethodPut:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case r.Header.Get("X-Forwarded-For") != "":
		w.WriteHeader(http.StatusForbidden)
	case err != nil || seconds < 1 || seconds > maxTokenLife:
		w.WriteHeader(http.StatusBadRequest)
	default:
		token := rand.Text()
		s.tokens.Lock()
		s.tokens.ends[token] = time.Now().Add(time.Duration(seconds) * time.Second)
		s.tokens.Unlock()
		w.Header().Set(life, strconv.Itoa(seconds))
		io.WriteString(w, token)
	}
}

func (s *IMDS) knows(token string) bool {
	s.tokens.Lock()
	defer s.tokens.Unlock()
	return time.Now().Before(s.tokens.ends[token])
}

func (s *IMDS) credentials(w http.ResponseWriter) {
	c, err := s.issue()
	if err != nil {
		answerJSON(w, http.StatusOK, map[string]string{"Code": "Failed", "Message": err.Error()})
		return
	}
	answerJSON(w, http.StatusOK, map[string]string{
		"Code":            "Success",
		"LastUpdated":     time.Now().UTC().Format(time.RFC3339),
		"Type":            "AWS-HMAC",
		"AccessKeyId":     c.AccessKeyID,
		"SecretAccessKey": c.SecretAccessKey,
		"Token":           c.SessionToken,
		"Expiration":      c.Expires.UTC().Format(time.RFC3339),
	})
}

// Environ returns the variables that lead SDKs to the stand-in.
func (s *IMDS) Environ() []string {
	return []string{"AWS_EC2_METADATA_DISABLED=false", "AWS_EC2_METADATA_SERVICE_ENDPOINT=" + s.url}
}
