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
	"strings"
	"time"
)

// CloudFormation stands in for the part of AWS CloudFormation that "cdk deploy"
// and "cdk destroy" need. New stacks, created directly or by a change set,
// exist at once, but their resources do not. Source: the AWS CloudFormation API
// reference.
//
// Every request must be signed with credentials passed to Allow.
type CloudFormation struct {
	server
	known

	// guarded by mu
	stacks  map[string]*stack // by name
	deleted map[string]*stack // the last deleted one of each name, still known by its ID
}

// stack is a stack that was created.
type stack struct {
	name, template string
	status         string
	created        time.Time
	changes        map[string]string // the templates of its change sets, by name
}

// maxForm limits a request, in bytes. A template may have 51,200.
const maxForm = 1 << 20

// StartCloudFormation starts a stand-in without stacks. The caller must Close
// it.
func StartCloudFormation() (*CloudFormation, error) {
	s := &CloudFormation{stacks: make(map[string]*stack), deleted: make(map[string]*stack)}
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

// queryError is an error answer of the query protocol.
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
	s.mu.Lock()
	defer s.mu.Unlock()
	answer, refusal := s.act(form)
	if refusal != nil {
		answerXML(w, http.StatusBadRequest, refusal)
		return
	}
	answerQuery(w, form.Get("Action"), answer)
}

// act performs the action in form. mu must be held.
func (s *CloudFormation) act(form url.Values) (answer any, refusal *queryError) {
	no := func(code, format string, args ...any) (any, *queryError) {
		return nil, &queryError{Type: "Sender", Code: code, Message: fmt.Sprintf(format, args...)}
	}
	action, template := form.Get("Action"), form.Get("TemplateBody")
	name, change := nameIn(form.Get("StackName")), nameIn(form.Get("ChangeSetName"))
	found := s.stacks[name]
	if found == nil && name != form.Get("StackName") {
		found = s.deleted[name]
	}
	made := &stack{name: name, created: time.Now(), changes: make(map[string]string)}
	switch action {
	case "CreateStack", "CreateChangeSet":
		switch {
		case s.stacks[name] != nil:
			return no("AlreadyExistsException", "Stack [%s] already exists", name)
		case name == "" || template == "":
			return no("ValidationError", "StackName and TemplateBody are required")
		case action == "CreateStack":
			made.template, made.status = template, "CREATE_COMPLETE"
		default:
			made.changes[change], made.status = template, "REVIEW_IN_PROGRESS"
		}
		s.stacks[name] = made
		return struct{ StackId, Id string }{made.id(), made.changeID(change)}, nil
	case "DeleteStack": // a missing stack is not an error
		if found != nil {
			found.status = "DELETE_COMPLETE"
			s.deleted[name] = found
			delete(s.stacks, name)
		}
		return struct{}{}, nil
	}
	if found == nil {
		return no("ValidationError", "Stack with id %s does not exist", name)
	}
	switch action {
	case "DescribeStacks":
		return struct{ Stacks []stackMember }{[]stackMember{found.member()}}, nil
	case "DescribeStackEvents":
		return struct{ StackEvents []struct{} }{}, nil
	case "GetTemplate":
		return struct{ TemplateBody string }{found.template}, nil
	}
	template, ok := found.changes[change]
	switch {
	case action != "DescribeChangeSet" && action != "ExecuteChangeSet":
		return no("InvalidAction", "Could not find operation %s", action)
	case !ok:
		return no("ChangeSetNotFound", "ChangeSet [%s] does not exist", change)
	case action == "DescribeChangeSet":
		return changeSet{change, found.changeID(change), name, found.id(), "CREATE_COMPLETE", "AVAILABLE",
			[]string{"Resource"}}, nil
	}
	found.template, found.status = template, "CREATE_COMPLETE"
	return struct{}{}, nil
}

// nameIn returns the name in an ARN, or id itself if it is a name.
func nameIn(id string) string {
	if parts := strings.Split(id, "/"); len(parts) == 3 {
		return parts[1]
	}
	return id
}

// changeSet is the answer of DescribeChangeSet, with a single change that has
// only a type.
type changeSet struct {
	ChangeSetName, ChangeSetId, StackName, StackId, Status, ExecutionStatus string
	Changes                                                                 []string `xml:"Changes>member>Type"`
}

// answerQuery writes the answer to an action of the query protocol.
func answerQuery(w http.ResponseWriter, action string, answer any) {
	w.Header().Set("Content-Type", "text/xml")
	response := xml.StartElement{Name: xml.Name{Space: "http://cloudformation.amazonaws.com/doc/2010-05-15/", Local: action + "Response"}}
	result := xml.StartElement{Name: xml.Name{Local: action + "Result"}}
	enc := xml.NewEncoder(w)
	_ = errors.Join(enc.EncodeToken(response), enc.EncodeElement(answer, result), enc.EncodeToken(response.End()), enc.Flush()) // an error means that the client went away
}

// stackMember is a stack in the answer of DescribeStacks.
type stackMember struct {
	StackId      string `xml:"member>StackId"`
	StackName    string `xml:"member>StackName"`
	CreationTime string `xml:"member>CreationTime"`
	StackStatus  string `xml:"member>StackStatus"`
}

func (s *stack) member() stackMember {
	return stackMember{s.id(), s.name, s.created.UTC().Format(time.RFC3339), s.status}
}

func (s *stack) id() string {
	return "arn:aws:cloudformation:eu-west-1:123456789012:stack/" + s.name + "/0"
}

func (s *stack) changeID(name string) string {
	return "arn:aws:cloudformation:eu-west-1:123456789012:changeSet/" + name + "/0"
}
