package explain

import "cmp"

// cdk predicts for the CDK, which uses the SDK for JavaScript. Source:
// AwsCliCompatible in @aws-cdk/toolkit-lib.
//
// It differs from the SDK alone: keys in the environment come before AWS_PROFILE,
// --profile means this profile and nothing else, AWS_DEFAULT_PROFILE counts, it asks
// for MFA codes, and it asks the metadata service only if it finds signs of an EC2
// instance.
type cdk struct{ jsSDK }

func (c cdk) predict() Result {
	c.asksMFA = true
	var r *Result
	explicit := cmp.Or(c.env("AWS_PROFILE"), c.env("AWS_DEFAULT_PROFILE"))
	if c.Profile != "" {
		r = c.fromProfile(c.Profile)
		explicit = c.Profile
	} else {
		r = first(c.eitherEnvironment, func() *Result { return c.chain(explicit) })
	}
	if failed := c.badDefaultsMode(); failed != nil && (r.usesSTS() || r.Kind == SSO) { // the CDK's own clients do not read it
		r = failed
	}
	r.Client = CDK
	c.Profile = explicit
	r.Profile = c.profileName()
	r.Region, r.RegionAt = c.region(r.Profile)
	return *r
}

// eitherEnvironment reads the keys also under the names that the CDK had in its
// first years.
func (c cdk) eitherEnvironment() *Result {
	id, secret := "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
	if c.env(id) == "" {
		id = "AMAZON_ACCESS_KEY_ID"
	}
	if c.env(secret) == "" {
		secret = "AMAZON_SECRET_ACCESS_KEY"
	}
	if c.env(id) == "" || c.env(secret) == "" {
		return nil
	}
	return &Result{Kind: Environment, At: variable(id), AccessKeyID: c.env(id), Why: "in the CDK, keys in the environment come before AWS_PROFILE"}
}

func (c cdk) region(name string) (string, Place) {
	for _, v := range []string{"AWS_REGION", "AMAZON_REGION", "AWS_DEFAULT_REGION", "AMAZON_DEFAULT_REGION"} {
		if region := c.env(v); region != "" {
			return region, variable(v)
		}
	}
	for _, n := range []string{name, "default"} {
		if p, _ := c.reading.profile(n); p.has("region") {
			return p["region"].text, p.at("region")
		}
	}
	return "us-east-1", Place{}
}
