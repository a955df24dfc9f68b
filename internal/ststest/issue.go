// Sessions of roles that nobody assumed over the wire.

package ststest

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// IssueRoleSession makes a session of a role as other services of AWS hand
// them out: IAM Identity Center, the instance metadata service, a container's
// endpoint. The role need not be known to the server. The session is known at
// once, lives for life, in whole seconds, and is a role's in every respect.
func (s *Server) IssueRoleSession(roleARN, sessionName string, life time.Duration) (aws.Credentials, error) {
	if parsed, err := arn.Parse(roleARN); err != nil || parsed.Service != "iam" {
		return aws.Credentials{}, fmt.Errorf("role %q: not the ARN of a role", roleARN)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := roleIdentity(roleARN, sessionName)
	made := s.mint(id, s.now(), life)
	return s.sessions[made.AccessKeyID].credentials(made.AccessKeyID), nil
}
