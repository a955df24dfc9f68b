//go:build linux

package e2e

// users are IAM users: their long-term key, from any place, gets a session.
var users = []principal{
	{
		name:    "default profile, key in the keystore",
		arrange: func(w *world) { w.config("[default]", "region = eu-west-1") },
		arn:     aliceARN, sessionTokens: 1,
	},
	{
		name:    "default profile without any file",
		arrange: func(*world) {},
		arn:     aliceARN, sessionTokens: 1,
	},
	{
		name:    "named profile, key in the keystore",
		arrange: func(w *world) { w.config("[profile work]", "region = eu-west-1") },
		args:    []string{"-p", "work"},
		arn:     aliceARN, sessionTokens: 1,
	},
	{
		name: "profile named by AWS_PROFILE",
		arrange: func(w *world) {
			w.config("[profile work]", "region = eu-west-1")
			w.set("AWS_PROFILE=work")
		},
		arn: aliceARN, sessionTokens: 1,
	},
	{
		name: "key in the keystore, with its own credential_process",
		arrange: func(w *world) {
			w.config("[profile work]", "credential_process = "+bin+"/awsexec --profile work")
		},
		args: []string{"-p", "work"},
		arn:  aliceARN, sessionTokens: 1,
	},
	{
		name: "profile that leads to another of awsexec",
		arrange: func(w *world) {
			w.config("[profile alias]", "credential_process = awsexec -p work", "[profile work]")
		},
		args: []string{"-p", "alias"},
		arn:  aliceARN, sessionTokens: 1,
	},
	{
		name: "MFA",
		arrange: func(w *world) {
			w.config("[profile mfa]", "mfa_serial = "+bobMFA)
			w.set("AWSEXEC_MFA_CODE=" + bobCode())
		},
		args: []string{"-p", "mfa"},
		arn:  bobARN, sessionTokens: 1,
		then: func(w *world) { w.sent("GetSessionToken", "DurationSeconds", "43200") },
	},
	{
		name: "duration of the profile",
		arrange: func(w *world) {
			w.config("[profile work]", "duration_seconds = 7200")
		},
		args: []string{"-p", "work"},
		arn:  aliceARN, sessionTokens: 1,
		then: func(w *world) { w.sent("GetSessionToken", "DurationSeconds", "7200") },
	},
	{
		name: "static keys in the credentials file",
		arrange: func(w *world) {
			w.config("[profile static]", "region = eu-west-1")
			w.write("[static]\naws_access_key_id = "+aliceKey2+"\naws_secret_access_key = "+aliceSecret2+"\n", ".aws", "credentials")
		},
		args: []string{"-p", "static"},
		arn:  aliceARN, sessionTokens: 1,
		says: []string{"awsexec: warning: ", ".aws/credentials:3", "hint: ", "keystore"},
	},
	{
		name: "static keys in the config file",
		arrange: func(w *world) {
			w.config("[profile static]", "aws_access_key_id = "+aliceKey2, "aws_secret_access_key = "+aliceSecret2)
		},
		args: []string{"-p", "static"},
		arn:  aliceARN, sessionTokens: 1,
		says: []string{".aws/config:3", "hint: "},
	},
	{
		name: "default profile, static keys",
		arrange: func(w *world) {
			w.set("XDG_DATA_HOME=" + w.path("data")) // the keystore's index has no key
			w.write("[default]\naws_access_key_id = "+aliceKey2+"\naws_secret_access_key = "+aliceSecret2+"\n", ".aws", "credentials")
		},
		arn: aliceARN, sessionTokens: 1,
		says: []string{".aws/credentials:3", "hint: "},
	},
	{
		name: "--no-session",
		arrange: func(w *world) {
			w.config("[profile work]", "region = eu-west-1")
		},
		args: []string{"-p", "work", "--no-session"},
		arn:  aliceARN, longTerm: true,
		says: []string{"awsexec: warning: ", "long-term key"},
	},
	{
		name: "--no-session, static keys",
		arrange: func(w *world) {
			w.config("[profile static]", "aws_access_key_id = "+aliceKey2, "aws_secret_access_key = "+aliceSecret2)
		},
		args: []string{"-p", "static", "--no-session"},
		arn:  aliceARN, longTerm: true,
		says: []string{"awsexec: warning: ", "long-term key"},
	},
}
