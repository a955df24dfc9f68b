package doctor

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
)

// checkEnvironment finds variables that contradict each other or are left over.
func (d *diagnosis) checkEnvironment() {
	d.checkProfileVariables()
	d.checkKeyVariables()
	d.checkExpiration()
	d.checkWebIdentity()
}

// foundVariable adds a finding about a variable, which unsetting variables
// fixes.
func (d *diagnosis) foundVariable(s Severity, name string, remove []string, text string) {
	d.found(s, Environment, variable(name), text, unset(remove...))
}

func (d *diagnosis) isSet(name string) bool { return d.in.env(name) != "" }

func (d *diagnosis) checkProfileVariables() {
	for _, v := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if text, ok := d.in.Lookup(v); ok && text == "" {
			d.foundVariable(Broken, v, []string{v}, v+` is set and empty: the AWS CLI and boto3 take that for a profile called "", and fail`)
		}
	}
	if d.isSet("AWS_PROFILE") && d.isSet("AWS_DEFAULT_PROFILE") && d.in.env("AWS_PROFILE") != d.in.env("AWS_DEFAULT_PROFILE") {
		d.foundVariable(Suspect, "AWS_DEFAULT_PROFILE", []string{"AWS_DEFAULT_PROFILE"},
			"AWS_PROFILE and AWS_DEFAULT_PROFILE differ: boto3 and the AWS CLI v1 take the latter, all others the former")
	}
}

func (d *diagnosis) checkKeyVariables() {
	id, secret, token := d.isSet("AWS_ACCESS_KEY_ID"), d.isSet("AWS_SECRET_ACCESS_KEY"), d.isSet("AWS_SESSION_TOKEN")
	if id && secret && d.isSet("AWS_PROFILE") {
		d.foundVariable(Suspect, "AWS_PROFILE", keyVariables, "AWS_PROFILE and keys are both set: the SDK for JavaScript takes the profile, all others the keys")
	}
	switch {
	case id && !secret:
		d.foundVariable(Suspect, "AWS_ACCESS_KEY_ID", keyVariables,
			"AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not: the AWS CLI and boto3 fail, the other SDKs ignore it")
	case secret && !id:
		d.foundVariable(Suspect, "AWS_SECRET_ACCESS_KEY", keyVariables, "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not: no SDK uses it")
	case token && strings.HasPrefix(d.in.env("AWS_ACCESS_KEY_ID"), "AKIA"):
		d.foundVariable(Broken, "AWS_SESSION_TOKEN", []string{"AWS_SESSION_TOKEN"}, "AWS_SESSION_TOKEN is left over: the key beside it is a long-term one, and AWS will refuse the two together")
	case token && !id:
		d.foundVariable(Suspect, "AWS_SESSION_TOKEN", []string{"AWS_SESSION_TOKEN"}, "AWS_SESSION_TOKEN is left over: it is set without keys")
	case id && !token && !d.isSet("AWS_SECURITY_TOKEN") && strings.HasPrefix(d.in.env("AWS_ACCESS_KEY_ID"), "ASIA"):
		d.foundVariable(Broken, "AWS_ACCESS_KEY_ID", keyVariables, "AWS_ACCESS_KEY_ID belongs to a session and AWS_SESSION_TOKEN is not set: AWS will refuse it")
	}
	if d.isSet("AWS_SECURITY_TOKEN") && d.in.env("AWS_SECURITY_TOKEN") != d.in.env("AWS_SESSION_TOKEN") {
		d.foundVariable(Suspect, "AWS_SECURITY_TOKEN", []string{"AWS_SECURITY_TOKEN"},
			"AWS_SECURITY_TOKEN is set: the AWS CLI and boto3 take it before AWS_SESSION_TOKEN, other SDKs do not know it")
	}
}

// soon is when boto3 and the AWS CLI begin to look for newer credentials.
const soon = 15 * time.Minute

func (d *diagnosis) checkExpiration() {
	const name = provider.ExpirationVariable
	if !d.isSet(name) {
		return
	}
	_, ok := provider.Expiration(d.in.env)
	expires, passed := profile.Expired(d.in.env(name), d.in.Now())
	at, left := expires.UTC().Format(time.RFC3339), expires.Sub(d.in.Now())
	all := append(slices.Clone(keyVariables), name)
	switch {
	case !d.isSet("AWS_ACCESS_KEY_ID"):
		d.foundVariable(Suspect, name, []string{name}, name+" is left over: it is set without keys")
	case passed:
		d.foundVariable(Broken, name, all, "the credentials in the environment expired at "+at)
	case !ok:
		d.foundVariable(Suspect, name, []string{name}, name+" is not a time with its zone: the AWS CLI and boto3 fail, the other SDKs do not read it")
	case left < soon:
		d.foundVariable(Notice, name, all, fmt.Sprintf("the credentials in the environment expire in %s, at %s", left.Round(time.Second), at))
	}
}

func (d *diagnosis) checkWebIdentity() {
	const name = "AWS_WEB_IDENTITY_TOKEN_FILE"
	if !d.isSet(name) {
		return
	}
	if _, err := os.Stat(d.in.env(name)); err != nil {
		d.foundVariable(Suspect, name, []string{name, "AWS_ROLE_ARN"}, fmt.Sprintf("%s names a file that cannot be read: %v", name, err))
	} else if !d.isSet("AWS_ROLE_ARN") {
		d.foundVariable(Suspect, name, []string{name}, name+" is set without AWS_ROLE_ARN")
	}
}

// checkRegion finds clients that have no region, or another one.
func (d *diagnosis) checkRegion() {
	if a, b := d.in.env("AWS_REGION"), d.in.env("AWS_DEFAULT_REGION"); a != "" && b != "" && a != b {
		d.found(Suspect, Region, variable("AWS_DEFAULT_REGION"),
			fmt.Sprintf("AWS_REGION (%s) and AWS_DEFAULT_REGION (%s) differ: boto3 and the AWS CLI v1 take the latter, most others the former", a, b),
			Export{"AWS_DEFAULT_REGION", a})
	}
	var without []string
	region := "REGION"
	for _, c := range d.report.Clients {
		if c.Region != "" && c.RegionAt != (explain.Place{}) {
			region = c.Region
		}
		if c.Region == "" && d.counts(c.Client) && c.Kind != explain.Fails {
			without = append(without, string(c.Client))
		}
	}
	if p := d.report.Profile; len(without) > 0 && p != nil && !d.misplaced[p.Name] {
		d.found(Suspect, Region, file(d.in.Files.Config),
			fmt.Sprintf("no region for %s: neither profile %q nor a variable that counts for it names one", strings.Join(without, "; "), p.Name),
			Configure{p.Name, "region", region})
	}
}
