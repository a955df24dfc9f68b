package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/keystore"
)

// checkEnvironment tells of variables that contradict each other or are left over.
func (d *diagnosis) checkEnvironment() {
	found := func(s severity, variable, mend, format string, args ...any) {
		d.found(s, "environment", variable, mend, fmt.Sprintf(format, args...))
	}
	set := func(name string) bool { return d.env(name) != "" }
	id, secret, token := set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY"), set("AWS_SESSION_TOKEN")

	for _, v := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if text, ok := d.settings.LookupEnv(v); ok && text == "" {
			found(broken, v, unset(v), "%s is set and empty: the AWS CLI and boto3 take that for a profile called \"\", and fail", v)
		}
	}
	if set("AWS_PROFILE") && set("AWS_DEFAULT_PROFILE") && d.env("AWS_PROFILE") != d.env("AWS_DEFAULT_PROFILE") {
		found(suspect, "AWS_DEFAULT_PROFILE", unset("AWS_DEFAULT_PROFILE"),
			"AWS_PROFILE and AWS_DEFAULT_PROFILE differ: boto3 and the AWS CLI v1 take the latter, all others the former")
	}
	if id && secret && set("AWS_PROFILE") {
		found(suspect, "AWS_PROFILE", unsetKeys,
			"AWS_PROFILE and keys are both set: the SDK for JavaScript takes the profile, all others the keys")
	}
	switch {
	case id && !secret:
		found(suspect, "AWS_ACCESS_KEY_ID", unsetKeys, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not: the AWS CLI and boto3 fail, the other SDKs ignore it")
	case secret && !id:
		found(suspect, "AWS_SECRET_ACCESS_KEY", unsetKeys, "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not: no SDK uses it")
	case token && !id:
		found(suspect, "AWS_SESSION_TOKEN", unset("AWS_SESSION_TOKEN"), "AWS_SESSION_TOKEN is left over: it is set without keys")
	case id && !token && !set("AWS_SECURITY_TOKEN") && strings.HasPrefix(d.env("AWS_ACCESS_KEY_ID"), "ASIA"):
		found(broken, "AWS_ACCESS_KEY_ID", unsetKeys, "AWS_ACCESS_KEY_ID is that of a session and AWS_SESSION_TOKEN is not set: AWS will refuse it")
	}
	if set("AWS_SECURITY_TOKEN") && d.env("AWS_SECURITY_TOKEN") != d.env("AWS_SESSION_TOKEN") {
		found(suspect, "AWS_SECURITY_TOKEN", unset("AWS_SECURITY_TOKEN"), "AWS_SECURITY_TOKEN is set: the AWS CLI and boto3 take it before AWS_SESSION_TOKEN, other SDKs do not know it")
	}
	if text := d.env("AWS_CREDENTIAL_EXPIRATION"); text != "" {
		at, err := time.Parse(time.RFC3339, text)
		switch {
		case err == nil && !at.After(d.now()):
			found(broken, "AWS_CREDENTIAL_EXPIRATION", unset(keyVariables+" AWS_CREDENTIAL_EXPIRATION"), "the credentials in the environment expired at %s", at.UTC().Format(time.RFC3339))
		case !id:
			found(suspect, "AWS_CREDENTIAL_EXPIRATION", unset("AWS_CREDENTIAL_EXPIRATION"), "AWS_CREDENTIAL_EXPIRATION is left over: it is set without keys")
		}
	}
	if file := d.env("AWS_WEB_IDENTITY_TOKEN_FILE"); file != "" {
		if _, err := os.Stat(file); err != nil {
			found(suspect, "AWS_WEB_IDENTITY_TOKEN_FILE", unset("AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN"), "AWS_WEB_IDENTITY_TOKEN_FILE names a file that cannot be read: %v", err)
		} else if !set("AWS_ROLE_ARN") {
			found(suspect, "AWS_WEB_IDENTITY_TOKEN_FILE", unset("AWS_WEB_IDENTITY_TOKEN_FILE"), "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN")
		}
	}
}

// checkRegion tells of clients that have no region, or another one.
func (d *diagnosis) checkRegion() {
	if a, b := d.env("AWS_REGION"), d.env("AWS_DEFAULT_REGION"); a != "" && b != "" && a != b {
		d.found(suspect, "region", "AWS_DEFAULT_REGION", export("AWS_DEFAULT_REGION", a),
			fmt.Sprintf("AWS_REGION (%s) and AWS_DEFAULT_REGION (%s) differ: boto3 and the AWS CLI v1 take the latter, most others the former", a, b))
	}
	var without []string
	region := "REGION"
	for _, r := range d.results {
		if r.RegionAt != (explain.Place{}) {
			region = r.Region
		}
		if r.Region == "" && r.Kind != explain.Fails {
			without = append(without, string(r.Client))
		}
	}
	if len(without) > 0 && d.profile != nil && !d.misplaced[d.profile.Name] {
		d.found(suspect, "region", d.settings.Files.Config, fmt.Sprintf("aws configure set region %s --profile %s", region, quoteWord(d.profile.Name)),
			fmt.Sprintf("no region for %s: neither profile %q nor a variable that counts for it names one", strings.Join(without, "; "), d.profile.Name))
	}
}

// checkStore tells how the keystore is, as far as can be seen from outside.
func (d *diagnosis) checkStore() {
	needed := notice
	if d.plan != nil && last(d.plan).Kind == provider.StoredKey {
		needed = broken
	}
	_, err := d.session.Keys()
	if err == nil && !d.unlocked.IsZero() {
		d.found(notice, "keystore", "", "awsexec lock", fmt.Sprintf("%s is unlocked until %s", d.session.Opened(), d.clock(d.unlocked)))
	}
	for _, e := range d.entries {
		if e.Rotating {
			d.found(suspect, "rotation", "", "awsexec rotate "+quoteWord(e.Name), fmt.Sprintf("the rotation of key %q is not finished", e.Name))
		}
	}
	switch {
	case err != nil:
		if d.planErr != nil {
			needed = suspect
		}
		d.found(needed, "keystore", "", hint(err, d.app), fmt.Sprintf("there is no keystore: %v", err))
	case d.condition == keystore.ConditionSilent:
		d.found(suspect, "keystore", "", "log in to the desktop again, or use the encrypted file: --keystore file", fmt.Sprintf("%s does not answer", d.session.Opened()))
	case d.condition == keystore.ConditionAbsent && len(d.entries) > 0:
		d.found(broken, "keystore", "", "restore it from a backup, or add the keys again: awsexec add NAME", fmt.Sprintf("%s is gone, and %d keys with it", d.session.Opened(), len(d.entries)))
	case d.condition == keystore.ConditionAbsent:
		d.found(notice, "keystore", "", "awsexec add NAME", fmt.Sprintf("%s is empty: no key has been added yet", d.session.Opened()))
	case d.condition == keystore.ConditionLocked && d.session.Opened().Kind() == keystore.KindKeyring:
		d.found(notice, "keystore", "", "", fmt.Sprintf("%s is locked: the next use will ask to unlock it", d.session.Opened()))
	case d.condition == keystore.ConditionLocked && d.env("AWSEXEC_PASSPHRASE") == "":
		mend := ""
		if d.canHold() {
			mend = "awsexec unlock"
		}
		d.found(notice, "keystore", "", mend, fmt.Sprintf("%s takes a passphrase: each use without a session will ask for it", d.session.Opened()))
	}
}
