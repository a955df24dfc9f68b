// Session policies: what a session was narrowed to, and what that allows.

package ststest

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// Limits of session policies. Source: API reference of AssumeRole.
const (
	maxPolicy     = 2048
	maxPolicyARNs = 10
)

// packedRoom is how many bytes the session policies and tags of a call may have when
// they are compressed. AWS does not say how it packs them; this is a stand-in for
// some limit below that of the plaintext.
const packedRoom = 1024

// policies are the session policies of a session.
type policies struct {
	document string
	arns     []string
}

// policies reads the parameters Policy and PolicyArns, which fault checks further.
func (c *checker) policies() *policies {
	p := &policies{document: c.text("Policy", form{1, maxPolicy, `[\x{0009}\x{000A}\x{000D}\x{0020}-\x{00FF}]+`}, false)}
	for n := 1; c.params.Has(fmt.Sprintf("PolicyArns.member.%d.arn", n)); n++ {
		p.arns = append(p.arns, c.text(fmt.Sprintf("PolicyArns.member.%d.arn", n), formRoleARN(), true))
	}
	c.atMost(maxPolicyARNs, len(p.arns), "PolicyArns")
	if p.document == "" && len(p.arns) == 0 {
		return nil
	}
	return p
}

// fault returns why a session in an account cannot have the policies p, with the
// tags of the call, and how much of the room they take otherwise, in percent.
func (p *policies) fault(partition, account string, tags []string) (percent int, fault *Fault) {
	if p == nil && len(tags) == 0 {
		return 0, nil
	}
	malformed := func(message string) (int, *Fault) {
		return 0, &Fault{Status: http.StatusBadRequest, Code: "MalformedPolicyDocument", Message: message}
	}
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression)
	for _, t := range tags {
		w.Write([]byte(t))
	}
	if p != nil {
		if p.document != "" && !json.Valid([]byte(p.document)) {
			return malformed("Syntax errors in policy.")
		}
		w.Write([]byte(p.document))
		for _, a := range p.arns { // AWS's own policies belong to the account "aws"
			parsed, err := arn.Parse(a)
			if err != nil || parsed.Service != "iam" || parsed.Partition != partition || parsed.AccountID != "aws" && parsed.AccountID != account {
				return malformed(a + " is not a managed policy that this account can use.")
			}
			w.Write([]byte(a))
		}
	}
	w.Close()
	percent = (100*packed.Len() + packedRoom - 1) / packedRoom
	if percent > 100 {
		return 0, &Fault{Status: http.StatusBadRequest, Code: "PackedPolicyTooLarge",
			Message: fmt.Sprintf("Packed size of session tags and policies consumes %d%% of allotted space.", percent)}
	}
	return percent, nil
}

// statement is a part of a policy. What it has besides is not modelled: with a
// condition it never allows, and always denies.
type statement struct {
	Effect                                   string
	Action, NotAction, Resource, NotResource words
	Condition                                json.RawMessage
}

// words are one word, or a list of them.
type words []string

func (w *words) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*w = words{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(w))
}

// match reports whether a pattern of w matches text, in any letter case.
func (w words) match(text string) bool {
	for _, pattern := range w {
		// A slash is no boundary in a policy, and a bracket no pattern.
		plain := strings.NewReplacer("/", "|", "[", `\[`, `\`, `\\`).Replace
		if ok, err := path.Match(strings.ToLower(plain(pattern)), strings.ToLower(strings.ReplaceAll(text, "/", "|"))); ok && err == nil {
			return true
		}
	}
	return false
}

func (s statement) covers(action, resource string) bool {
	return (s.Action.match(action) || s.NotAction != nil && !s.NotAction.match(action)) &&
		(s.Resource.match(resource) || s.NotResource != nil && !s.NotResource.match(resource))
}

// managed has what the policies of AWS allow that the server knows. Any other allows
// nothing. ReadOnlyAccess is in truth a long list of actions with these beginnings.
var managed = map[string]statement{
	"AdministratorAccess": {Effect: "Allow", Action: words{"*"}, Resource: words{"*"}},
	"ReadOnlyAccess":      {Effect: "Allow", Action: words{"*:Get*", "*:List*", "*:Describe*"}, Resource: words{"*"}},
}

// allow reports whether p allows an action on a resource: a policy does, and none
// denies it. Nil allows everything.
func (p *policies) allow(action, resource string) bool {
	if p == nil {
		return true
	}
	var statements []statement
	for _, a := range p.arns {
		parsed, _ := arn.Parse(a)
		statements = append(statements, managed[strings.TrimPrefix(parsed.Resource, "policy/")])
	}
	if p.document != "" {
		var document struct{ Statement json.RawMessage }
		var own []statement
		if json.Unmarshal([]byte(p.document), &document) != nil {
			return false
		}
		if json.Unmarshal(document.Statement, &own) != nil {
			own = make([]statement, 1)
			if json.Unmarshal(document.Statement, &own[0]) != nil {
				return false
			}
		}
		statements = append(statements, own...)
	}
	allowed := false
	for _, s := range statements {
		switch covers := s.covers(action, resource); {
		case covers && s.Effect == "Deny":
			return false
		case covers && s.Effect == "Allow" && s.Condition == nil:
			allowed = true
		}
	}
	return allowed
}

// Allows reports whether the session policies of a session allow an action, such as
// s3:PutObject, on a resource. What its identity may do is not modelled: without
// session policies it may do everything, but for a federated user, who then may do
// nothing. It is for stand-ins of other services.
func (s *Server) Allows(accessKeyID, action, resource string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.sessions[accessKeyID]
	return found == nil || found.identity.may(action, resource)
}

func (id *identity) may(action, resource string) bool {
	if id.federated && id.policies == nil {
		return false
	}
	return id.policies.allow(action, resource)
}
