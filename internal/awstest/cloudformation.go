package awstest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// CloudFormation stands in for as much of AWS CloudFormation as "cdk deploy --method direct" and "cdk destroy" need: stacks that are
// there at once, and whose resources are not. Source: the AWS CloudFormation API reference.
//
// Every request must be signed by credentials that it was told of.
type CloudFormation struct {
	server
	known

	// guarded by mu
	stacks map[string]*stack // by name
}

// stack is one that was created.
type stack struct {
	name, template string
	created        time.Time
}

// maxForm bounds a request, in bytes: a template may have 51,200.
const maxForm = 1 << 20

// StartCloudFormation starts a stand-in without stacks. The caller must Close it.
func StartCloudFormation() (*CloudFormation, error) {
	s := &CloudFormation{stacks: make(map[string]*stack)}
	return s, s.start(s.handle)
}

// Template returns the template of a stack.
func (s *CloudFormation) Template(name string) (text string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.stacks[name]; found != nil {
		return found.template, true
	}
	return "", false
}

// queryError is an answer of the query protocol that says no.
type queryError struct {
	XMLName xml.Name `xml:"ErrorResponse"`
	Type    string   `xml:"Error>Type"`
	Code    string   `xml:"Error>Code"`
	Message string   `xml:"Error>Message"`
}

func (s *CloudFormation) handle(w http.ResponseWriter, r *http.Request) {
	fail := func(status int, code, format string, args ...any) {
		answerXML(w, status, queryError{Type: "Sender", Code: code, Message: fmt.Sprintf(format, args...)})
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		fail(http.StatusRequestEntityTooLarge, "ValidationError", "%v", err)
		return
	}
	sum := sha256.Sum256(body)
	if err := s.authorize(r, "cloudformation", hex.EncodeToString(sum[:])); err != nil {
		fail(http.StatusForbidden, "AccessDenied", "%v", err)
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		fail(http.StatusBadRequest, "MalformedQueryString", "%v", err)
		return
	}
	action, name := form.Get("Action"), form.Get("StackName")
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.stacks[name]
	switch {
	case action == "CreateStack" && found != nil:
		fail(http.StatusBadRequest, "AlreadyExistsException", "Stack [%s] already exists", name)
		return
	case action == "CreateStack" && (name == "" || form.Get("TemplateBody") == ""):
		fail(http.StatusBadRequest, "ValidationError", "StackName and TemplateBody are required")
		return
	case action == "CreateStack":
		found = &stack{name, form.Get("TemplateBody"), time.Now()}
		s.stacks[name] = found
	case action == "DeleteStack":
		delete(s.stacks, name) // it is no error if it is not there
		found = &stack{name: name}
	case found == nil:
		fail(http.StatusBadRequest, "ValidationError", "Stack with id %s does not exist", name)
		return
	}
	answer, ok := map[string]any{
		"CreateStack":         struct{ StackId string }{found.id()},
		"DeleteStack":         struct{}{},
		"DescribeStacks":      struct{ Stacks []stackMember }{[]stackMember{found.member()}},
		"DescribeStackEvents": struct{ StackEvents []struct{} }{},
		"GetTemplate":         struct{ TemplateBody string }{found.template},
	}[action]
	if !ok {
		fail(http.StatusBadRequest, "InvalidAction", "Could not find operation %s", action)
		return
	}
	answerQuery(w, action, answer)
}

// answerQuery writes the answer to an action of the query protocol.
func answerQuery(w http.ResponseWriter, action string, answer any) {
	w.Header().Set("Content-Type", "text/xml")
	response := xml.StartElement{Name: xml.Name{Space: "http://cloudformation.amazonaws.com/doc/2010-05-15/", Local: action + "Response"}}
	result := xml.StartElement{Name: xml.Name{Local: action + "Result"}}
	enc := xml.NewEncoder(w)
	_ = errors.Join(enc.EncodeToken(response), enc.EncodeElement(answer, result), enc.EncodeToken(response.End()), enc.Flush()) // or the client has gone
}

// stackMember is a stack as DescribeStacks has it.
type stackMember struct {
	StackId      string `xml:"member>StackId"`
	StackName    string `xml:"member>StackName"`
	CreationTime string `xml:"member>CreationTime"`
	StackStatus  string `xml:"member>StackStatus"`
}

func (s *stack) member() stackMember {
	return stackMember{s.id(), s.name, s.created.UTC().Format(time.RFC3339), "CREATE_COMPLETE"}
}

func (s *stack) id() string {
	return "arn:aws:cloudformation:eu-west-1:123456789012:stack/" + s.name + "/0"
}
