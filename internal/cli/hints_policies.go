package cli

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/visible"
)

// hintOfPolicies returns the hint for session policies that could not be met.
func hintOfPolicies(err error, a *advisor, name string) string {
	var not *provider.NotNarrowedError
	var conflict *policy.ConflictError
	var other *policy.PartitionError
	var unread *provider.PolicyError
	var federation *provider.FederationError
	var api smithy.APIError
	switch {
	case errors.As(err, &not) && not.Itself:
		return "leave --no-session out: " + a.run(a.settings.Profile, "CMD")
	case errors.As(err, &not):
		return hintOfNotNarrowed(not, a)
	case errors.As(err, &conflict):
		return "ask for the same policies in all places, or write a profile of its own for this: awsexec help config\nif a program that awsexec has started asks, and its policy was changed since, start the program again"
	case errors.As(err, &other):
		return "name a policy of that partition, or another region: --region"
	case errors.As(err, &unread):
		return editCommand(explain.Place{Pos: unread.At}, unread.By)
	case errors.As(err, &api) && api.ErrorCode() == "PackedPolicyTooLarge":
		return "make the policy shorter, or use fewer ARNs and session tags: AWS has one room for all of them"
	case errors.As(err, &api) && api.ErrorCode() == "MalformedPolicyDocument":
		return "--policy, AWSEXEC_POLICY and awsexec_policy take an IAM policy without principals; --policy-arn takes the ARN of a policy of that account, or the name of one of AWS"
	case errors.As(err, &federation) && errors.As(err, &api) && api.ErrorCode() == "AccessDenied":
		return "the policies of this user must allow sts:GetFederationToken\na role needs no such permission, and can demand MFA: a profile with role_arn and source_profile = " + quoteWord(federation.Profile.Name)
	}
	return ""
}

// hintOfNotNarrowed returns the hint for credentials that take no session policies: a
// role on top does.
func hintOfNotNarrowed(e *provider.NotNarrowedError, a *advisor) string {
	source := "source_profile = " + quoteWord(e.Profile.Name)
	switch e.Kind {
	case provider.EnvironmentSession:
		if by := a.settings.GivenBy; by != "" && a.settings.Profile == "" {
			return "name the profile, which can make others: " + a.run(by, "CMD")
		}
		source = "credential_source = Environment"
	case provider.Container:
		if by := a.settings.GivenBy; by != "" && a.settings.Profile == "" {
			return "name the profile, which can make others: " + a.run(by, "CMD")
		}
		source = "credential_source = EcsContainer"
	case provider.Instance:
		source = "credential_source = Ec2InstanceMetadata"
	}
	return fmt.Sprintf("a role on top of it can be narrowed; write a profile into %s with role_arn = arn:aws:iam::ACCOUNT:role/ROLE and %s", visible.Text(a.settings.Files.Config), source)
}
