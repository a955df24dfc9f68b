package awstest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
)

// JSON stands in for operations of a service of the AWS JSON protocol, such as KMS
// or ECR. Every request must be signed with credentials passed to Allow.
type JSON struct {
	server
	known
	service    string
	operations map[string]func(request []byte) any
}

// StartJSON starts a stand-in for the service that requests are signed for. It
// answers an operation with what the function of its name returns, as JSON. The
// caller must Close it.
func StartJSON(service string, operations map[string]func(request []byte) any) (*JSON, error) {
	s := &JSON{service: service, operations: operations}
	return s, s.start(s.handle)
}

func (s *JSON) handle(w http.ResponseWriter, r *http.Request) {
	type failure struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		answerJSON(w, http.StatusRequestEntityTooLarge, failure{"RequestTooLarge", ""})
		return
	}
	sum := sha256.Sum256(body)
	if err := s.authorize(r, s.service, hex.EncodeToString(sum[:])); err != nil {
		answerJSON(w, http.StatusBadRequest, failure{"UnrecognizedClientException", err.Error()})
		return
	}
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	operation := s.operations[name]
	if operation == nil {
		answerJSON(w, http.StatusBadRequest, failure{"UnknownOperationException", name})
		return
	}
	answerJSON(w, http.StatusOK, operation(body))
}
