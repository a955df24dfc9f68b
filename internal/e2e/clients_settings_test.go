//go:build linux

package e2e

import (
	"slices"
	"strings"
	"testing"
)

// settingsProfiles are profiles with settings that have nothing to do with
// credentials. Work has a key, and its SDKs go to other endpoints than those of AWS.
var settingsProfiles = []string{
	"[profile work]", "region = eu-west-3", "credential_process = AWSEXEC --profile work",
	"endpoint_url = http://127.0.0.1:9", "services = local", "ca_bundle = /etc/ssl/certs/ca-certificates.crt",
	"sts_regional_endpoints = legacy", "defaults_mode = in-region", "retry_mode = standard", "max_attempts = 7",
	"use_fips_endpoint = no", "use_dualstack_endpoint = False", "request_checksum_calculation = WHEN_REQUIRED",
	"response_checksum_validation = when_required", "account_id_endpoint_mode = disabled", "disable_request_compression = true",
	"request_min_compression_size_bytes = 4096", "sdk_ua_app_id = app", "auth_scheme_preference = sigv4a",
	"sigv4a_signing_region_set = eu-west-1,eu-west-2", "s3_disable_express_session_auth = true", "ec2_metadata_v1_disabled = true",
	"endpoint_discovery_enabled = false", "tcp_keepalive = true", "metadata_service_timeout = 3",
	"[services local]", "dynamodb =", "  endpoint_url = http://127.0.0.1:10", "elastic_beanstalk =", "  endpoint_url = http://127.0.0.1:11",
	"[profile ignoring]", "region = eu-west-1", "aws_access_key_id = ASIAGIVEN", "aws_secret_access_key = " + aliceSecret, "aws_session_token = " + aliceSecret,
	"ignore_configured_endpoint_urls = true", "endpoint_url = http://127.0.0.1:9", "retry_mode = adaptive", "use_fips_endpoint = true",
	"[profile side]", "region = ap-south-1",
}

// An SDK in a child of awsexec has the settings that it has with the profile itself.
func TestClientsHaveSettings(t *testing.T) {
	t.Parallel()
	h := newKeyringHome(t, newSTS(t).URL())
	h.add("work", aliceKey, aliceSecret)
	h.config(strings.Split(strings.ReplaceAll(strings.Join(settingsProfiles, "\n"), "AWSEXEC", bin+"/awsexec"), "\n")...)
	delete(h.env, "AWS_ENDPOINT_URL_IAM")
	sts := "AWS_ENDPOINT_URL_STS=" + h.env["AWS_ENDPOINT_URL_STS"]
	python, script := requireProgram(t, "python3", hasBoto3), testdata(t, "settings.py")
	for name, argv := range map[string][]string{"boto3": {python, script}, "Go SDK v2": {"probe", "settings"}} {
		for profile, ways := range map[string][][]string{"work": {nil, {"serve"}, {"--refresh"}}, "ignoring": {nil}} {
			t.Run(name+" "+profile, func(t *testing.T) {
				t.Parallel()
				itself := append([]string{"AWS_PROFILE=" + profile}, argv...)
				if name == "boto3" { // for which a profile that is named is another thing than one of a variable
					itself = append(argv, profile)
				}
				want := h.start(command{name: "/usr/bin/env", args: itself, env: []string{sts}}).wait()
				if want.code != 0 || len(want.stdout) < 50 {
					t.Fatalf("exit code %d\n%s%s", want.code, want.stdout, want.stderr)
				}
				for _, way := range ways {
					if got := h.run(slices.Concat([]string{"-p", profile}, way, []string{"--"}, argv)...); got.code != 0 || got.stdout != want.stdout {
						t.Errorf("%q: exit code %d, has\n%s\nwant\n%s%s", way, got.code, got.stdout, want.stdout, got.stderr)
					}
				}
			})
		}
	}
}

// Under --refresh each profile has its own region, and a flag's region is that of the
// selected one. A variable is for all of them.
func TestRegionsUnderRefresh(t *testing.T) {
	t.Parallel()
	h := newKeyringHome(t, newSTS(t).URL())
	h.addAlice()
	h.config("[profile work]", "region = eu-west-1", "[profile side]", "region = ap-south-1")
	h.write(`import boto3
print("boto3", boto3.Session().region_name, boto3.Session(profile_name="side").region_name)`, "region.py")
	h.write(`const { STSClient } = require("@aws-sdk/client-sts");
const region = (profile) => new STSClient({ profile }).config.region();
Promise.all([region(), region("side")]).then((all) => console.log("js", ...all));`, "region.cjs")
	js := clients[2].argv(t, "")[0]
	script := strings.Join([]string{requireProgram(t, "python3", hasBoto3) + " region.py", js + " region.cjs", "probe region", "AWS_PROFILE=side probe region"}, " && ")
	for _, tt := range []struct {
		name       string
		flags, env []string
		work, side string
	}{
		{"the profiles'", nil, nil, "eu-west-1", "ap-south-1"},
		{"a flag's", []string{"--region", "us-west-2"}, nil, "us-west-2", "ap-south-1"},
		{"a variable's", nil, []string{"AWS_DEFAULT_REGION=sa-east-1"}, "sa-east-1", "sa-east-1"},
		{"a flag's and a variable's", []string{"--region", "us-west-2"}, []string{"AWS_REGION=sa-east-1"}, "us-west-2", "ap-south-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := "boto3 W S\njs W S\ngo W\ngo S\n"
			want = strings.NewReplacer("W", tt.work, "S", tt.side).Replace(want)
			r := h.start(command{
				args: slices.Concat([]string{"-p", "work", "--refresh"}, tt.flags, []string{"--", "sh", "-c", script}),
				env:  append(tt.env, "NODE_PATH="+testdata(t, "js", "node_modules"), "NODE_NO_WARNINGS=1"),
			}).wait()
			if r.code != 0 || r.stdout != want {
				t.Errorf("exit code %d, printed\n%swant\n%s%s", r.code, r.stdout, want, r.stderr)
			}
		})
	}
}

// SDKs take the token of a container endpoint from the file before the variable, and
// each of them finds the file of serve.
func TestClientsReadTokenFile(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			argv := c.argv(t, srv.URL())
			if c.name == "AWS CLI v2" {
				t.Skip("Debian's does not know the variable")
			}
			if c.name == "boto3" {
				needBotocore(t, argv[0], "1.33.0")
			}
			for _, token := range []string{"-u AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN=wrong"} {
				isAliceWithSession(t, srv, h.run(slices.Concat([]string{"-p", "work", "serve", "--", "env"}, strings.Fields(token), argv)...))
			}
		})
	}
}
