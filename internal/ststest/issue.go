// Role sessions that do not come from a call of AssumeRole.

package ststest

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// IssueRoleSession creates a role session like those from other services of
// AWS: IAM Identity Center, the instance metadata service, a container's
// endpoint. The server need not know the role. The session is known at once,
// lives for life, in whole seconds, and otherwise behaves like any role
// session.
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
