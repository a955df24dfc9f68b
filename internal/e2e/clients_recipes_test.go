//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awstest"
)

// recipe is the expected result of following a section of docs/recipes.md to
// the letter.
type recipe struct {
	arrange func(w *world) // what the reader already has: programs, files, a place to run them
	stdin   string         // the input of programs that ask
	prints  []string       // the output of each block of commands; nil is not checked
	then    []func(w *world)
}

// recipes holds the recipes of the page, by their headings.
var recipes = map[string]recipe{
	"AWS CLI": {
		arrange: func(w *world) { w.awsCLI() },
		prints:  []string{lines(aliceARN, aliceARN, aliceARN)},
		then:    []func(*world){func(w *world) { w.called(1, 0) }},
	},
	"boto3": {
		arrange: func(w *world) { w.boto3() },
		prints:  []string{lines(aliceARN, aliceARN, aliceARN)},
		then:    []func(*world){func(w *world) { w.called(1, 0) }},
	},
	"CDK": {
		arrange: func(w *world) { w.cdk(); w.cloudFormation() },
		then:    []func(*world){isDeployed("Demo"), isGone("Demo")},
	},
	"SAM": {
		arrange: func(w *world) {
			w.program("sam", w.boto3(), testdata(w.t, "sam.py"))
			w.write(cloudFormationTemplate, "template.json")
			w.cloudFormation()
		},
		prints: []string{"CREATE_COMPLETE\n", ""},
		then:   []func(*world){isDeployed("demo"), isGone("demo")},
	},
	"Terraform": {
		arrange: func(w *world) { w.terraform() },
		then: []func(*world){func(w *world) {
			if state, _ := w.s3.Object("state", "demo.tfstate"); !strings.Contains(string(state), `"applied"`) {
				w.t.Errorf("there is no state of an apply in the bucket, but %.300q", state)
			}
		}, func(w *world) { w.called(1, 0) }},
		prints: []string{"*", "applied"},
	},
	"kubectl and EKS": {
		arrange: func(w *world) { w.kubernetes() },
		prints:  []string{strings.Repeat(kubernetesVersion, 2)},
		then:    []func(*world){func(w *world) { w.called(1, 0) }},
	},
	"rclone": {
		arrange: func(w *world) {
			w.program("rclone", requireProgram(w.t, "rclone", anyProgram))
			// For AWS itself rclone puts the bucket into the name of the host.
			w.set("RCLONE_CONFIG_AWS_PROVIDER=Minio", "RCLONE_CONFIG_AWS_ENDPOINT="+w.bucket("bucket").URL(), "RCLONE_CONFIG_AWS_NO_CHECK_BUCKET=true", "XDG_CONFIG_HOME")
		},
		prints: []string{lines("hello", "hello", "hello")},
	},
	"restic": {
		arrange: func(w *world) {
			w.program("restic", requireProgram(w.t, "restic", anyProgram))
			w.set("S3=" + w.bucket("bucket").URL())
			w.write(passphrase, "password")
		},
		prints: []string{"*"},
		then: []func(*world){func(w *world) {
			if _, ok := w.s3.Object("bucket", "config"); !ok {
				w.t.Error("there is no repository in the bucket")
			}
			w.called(1, 0)
		}},
	},
	"Ansible": {
		arrange: func(w *world) {
			w.optional("ansible")
			modules := w.start(command{name: w.boto3(), args: []string{"-c", "import boto3, os; print(os.path.dirname(os.path.dirname(boto3.__file__)))"}}).wait()
			w.set("PYTHONPATH=" + w.env["PYTHONPATH"] + ":" + strings.TrimSpace(modules.stdout)) // for the Python that runs Ansible
		},
		prints: []string{"*"},
		then: []func(*world){func(w *world) {
			if n := w.srv.Calls("GetCallerIdentity"); n != 3 || !strings.HasPrefix(w.lastCaller(), "ASIA") {
				w.t.Errorf("%d modules have called AWS, the last with %s", n, w.lastCaller())
			}
		}},
	},
	"Docker images in ECR": {
		arrange: func(w *world) {
			w.optional("docker-credential-ecr-login")
			if r := w.start(command{name: "docker-credential-ecr-login", args: []string{"version"}}).wait(); strings.Contains(r.stdout, "0.6.") {
				w.t.Skip("version 0.6 of the helper cannot be led to a stand-in")
			}
			answer := map[string]any{"authorizationData": []any{map[string]any{"authorizationToken": "QVdTOnNlY3JldA==", "expiresAt": time.Now().Add(time.Hour).Unix(), "proxyEndpoint": "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com"}}}
			w.service("ecr", map[string]func([]byte) any{"GetAuthorizationToken": func([]byte) any { return answer }})
			w.set("AWS_ECR_DISABLE_CACHE=true")
		},
		prints: []string{strings.Repeat(`{"ServerURL":"123456789012.dkr.ecr.eu-west-1.amazonaws.com","Username":"AWS","Secret":"secret"}`+"\n", 2)},
	},
	"sops": {
		arrange: func(w *world) {
			w.optional("sops")
			w.service("kms", map[string]func([]byte) any{"Encrypt": sealedByKMS, "Decrypt": openedByKMS})
		},
		prints: []string{"hello"},
	},
	"Serverless Framework (osls)": {
		arrange: func(w *world) { w.optional("osls") },
		prints:  []string{strings.Repeat("'"+account+"'\n\n", 4)},
	},
	"Polars": {
		arrange: func(w *world) { w.polars() },
		prints:  []string{lines("6", "6")},
	},
	"A role in another account": {
		arrange: func(w *world) { w.boto3(); w.awsCLI() },
		prints:  []string{lines(session(roleExt, "alice"), session(roleExt, "alice"))},
		then:    []func(*world){func(w *world) { w.called(1, 2) }}, // once by boto3, once by awsexec
	},
	"IAM Identity Center": {
		arrange: func(w *world) {
			w.portal("corp") // somebody is signed in, which awsexec login notices
			w.awsCLI()
		},
		prints: []string{lines(session(roleAdmin, "alice@example.com"), session(roleOne, "awsexec"))},
	},
	"CI": {
		arrange: func(w *world) {
			w.headless()
			w.webIdentity()
			w.setKey(aws.Credentials{AccessKeyID: aliceKey, SecretAccessKey: aliceSecret})
			w.deploy()
		},
		prints: []string{lines(aliceARN), lines(session(roleWeb, "awsexec"))},
		then: []func(*world){func(w *world) {
			w.sent("GetSessionToken", "DurationSeconds", "900")
			if id := w.lastCaller(); !strings.HasPrefix(id, "ASIA") {
				w.t.Errorf("the build has key %s", id)
			}
		}, nil},
	},
	"EC2 and Lambda": {
		arrange: func(w *world) { w.headless(); w.instance(); w.deploy() },
		prints:  []string{lines(session(roleMachine, "i-0123456789abcdef0"), session(roleOne, "awsexec"))},
	},
	"A shell": {
		arrange: func(w *world) { w.deploy() },
		stdin:   "./deploy\necho $AWSEXEC_PROFILE\nexit\n",
		prints:  []string{lines(aliceARN, "work", aliceARN)},
	},
}

func lines(text ...string) string { return strings.Join(text, "\n") + "\n" }

// TestRecipes follows each recipe of the page in its own home: it runs every
// block of commands exactly as printed.
func TestRecipes(t *testing.T) {
	t.Parallel()
	page := readRecipes(t)
	shared := newKeyringHome(t, "http://127.0.0.1:1")
	shared.add("work", aliceKey, aliceSecret)
	for heading := range recipes {
		if page[heading] == nil {
			t.Errorf("the page has no recipe %q", heading)
		}
	}
	for heading, blocks := range page {
		t.Run(heading, func(t *testing.T) {
			t.Parallel()
			r, ok := recipes[heading]
			if !ok {
				t.Fatal("no test for this recipe")
			}
			r.follow(machine{shared}.newWorld(t), blocks)
		})
	}
}

// block is a code block of the page.
type block struct{ language, text string }

// readRecipes returns the code blocks of the page by their headings.
func readRecipes(t *testing.T) map[string][]block {
	t.Helper()
	data, err := os.ReadFile("../../docs/recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	page := map[string][]block{}
	heading, within := "", false
	for line := range strings.Lines(string(data)) {
		blocks := page[heading]
		language, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		title, isTitle := strings.CutPrefix(strings.TrimSpace(line), "## ")
		switch {
		case fence:
			if within = !within; within {
				page[heading] = append(blocks, block{language: language})
			}
		case within:
			blocks[len(blocks)-1].text += strings.ReplaceAll(line, "/usr/local/bin/awsexec", bin+"/awsexec")
		case isTitle:
			heading = title
		}
	}
	return page
}

// follow writes the files of the recipe and runs its commands.
func (r *recipe) follow(w *world, blocks []block) {
	t := w.t
	var commands []block
	for _, b := range blocks {
		first, _, _ := strings.Cut(b.text, "\n")
		if file, ok := strings.CutPrefix(strings.Replace(first, "// ", "# ", 1), "# "); ok {
			w.write(b.text, strings.Split(strings.TrimPrefix(file, "~/"), "/")...)
			continue
		}
		if b.language != "sh" {
			t.Fatalf("a block of %q is neither a file nor commands", b.language)
		}
		commands = append(commands, b)
	}
	r.arrange(w)
	if n := max(len(r.prints), len(r.then)); len(commands) != n {
		t.Fatalf("the recipe has %d blocks of commands, %d were expected", len(commands), n)
	}
	for typed, b := range commands {
		got := w.start(command{name: "/bin/bash", args: []string{"-euc", b.text}, stdin: r.stdin, limit: 4 * time.Minute}).wait()
		noMarker(t, "the output", got.stdout+got.stderr)
		if got.code != 0 {
			t.Fatalf("block %d: exit code %d\n%s\n%s", typed+1, got.code, got.stdout, got.stderr)
		}
		if typed < len(r.prints) && r.prints[typed] != "*" && got.stdout != r.prints[typed] {
			t.Errorf("block %d prints\n%s\nwant\n%s\nstderr:\n%s", typed+1, got.stdout, r.prints[typed], got.stderr)
		}
		if typed < len(r.then) && r.then[typed] != nil {
			r.then[typed](w)
		}
	}
}

// program puts a program on the PATH that runs argv followed by its own
// arguments.
func (w *world) program(name string, argv ...string) {
	w.t.Helper()
	w.script(name, "exec "+quoted(argv...)+` "$@"`)
}

func (w *world) script(name, text string) {
	w.t.Helper()
	w.must(os.Chmod(w.write("#!/bin/sh\n"+text+"\n", "tools", name), 0o700))
	w.set("PATH=" + w.path("tools") + ":" + bin + ":/usr/bin:/bin")
}

func quoted(argv ...string) string {
	var words []string
	for _, a := range argv {
		words = append(words, "'"+a+"'")
	}
	return strings.Join(words, " ")
}

// awsCLI puts the AWS CLI on the PATH. Older versions do not read the endpoint
// from the environment.
func (w *world) awsCLI() {
	w.t.Helper()
	path := requireProgram(w.t, "aws", isAWSCLIv2)
	w.script("aws", `exec env -u PYTHONPATH `+quoted(path)+` "$@" --endpoint-url "$AWS_ENDPOINT_URL_STS"`)
}

// boto3 puts a python3 that has boto3 on the PATH, and returns its path.
func (w *world) boto3() string {
	w.t.Helper()
	python := requireProgram(w.t, "python3", hasBoto3)
	w.set("PYTHONPATH=" + testdata(w.t, "python"))
	w.program("python3", python)
	return python
}

// cloudFormation starts CloudFormation, which accepts sessions of the profile
// work.
func (w *world) cloudFormation() {
	w.t.Helper()
	s, err := awstest.StartCloudFormation()
	w.must(err)
	w.t.Cleanup(s.Close)
	s.Allow(w.credentials("-p", "work"))
	w.set("AWS_ENDPOINT_URL_CLOUDFORMATION=" + s.URL())
	w.stacks = s
}

const cloudFormationTemplate = `{"Resources":{"Wait":{"Type":"AWS::CloudFormation::WaitConditionHandle"}}}`

// cdk puts the CDK on the PATH, and an app with one stack, a shell script, into
// the home.
func (w *world) cdk() {
	w.t.Helper()
	node := requireProgram(w.t, "node", anyProgram)
	program := testdata(w.t, "js", "node_modules", "aws-cdk", "bin", "cdk")
	if _, err := os.Stat(program); err != nil {
		missing(w.t, "no CDK in testdata/js: run `npm ci` there, or `make test`")
	}
	w.program("cdk", node, "--no-warnings", program)
	w.write(`{"app": "sh app.sh", "requireApproval": "never", "notices": false, "versionReporting": false, "cli-telemetry": false}`, "cdk.json")
	w.write(`cp assembly/* "$CDK_OUTDIR"`, "app.sh")
	w.write(`{"version": "36.0.0", "artifacts": {"Demo": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
		"properties": {"templateFile": "Demo.template.json"}}}}`, "assembly", "manifest.json")
	w.write(cloudFormationTemplate, "assembly", "Demo.template.json")
	w.set("CI=1") // no progress bar
}

func isDeployed(stack string) func(*world) {
	return func(w *world) {
		w.t.Helper()
		if template, ok := w.stacks.Template(stack); !ok || !strings.Contains(template, "WaitConditionHandle") {
			w.t.Errorf("the stack is missing, or not as written: %.200q", template)
		}
	}
}

func isGone(stack string) func(*world) {
	return func(w *world) {
		w.t.Helper()
		if _, ok := w.stacks.Template(stack); ok {
			w.t.Error("the stack still exists")
		}
		for _, call := range w.stacks.Calls() {
			if call.Status == 403 {
				w.t.Errorf("CloudFormation refused key %s", call.AccessKeyID)
			}
		}
		w.called(1, 0)
	}
}

// terraform puts Terraform on the PATH, and an empty bucket into S3. Terraform
// cannot be installed everywhere, so it may be missing.
func (w *world) terraform() {
	w.t.Helper()
	path, err := exec.LookPath("terraform")
	if err != nil {
		w.t.Skip("terraform is missing")
	}
	s, err := awstest.StartS3("state")
	w.must(err)
	w.t.Cleanup(s.Close)
	s.Allow(w.credentials("-p", "work"))
	w.program("terraform", path)
	w.set("AWS_ENDPOINT_URL_S3="+s.URL(), "TF_CLI_ARGS_init=-backend-config=use_path_style=true", "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_CLI_CONFIG_FILE="+w.write("", "terraform.rc"))
	w.s3 = s
}

// deploy puts a program into the home that prints the identity of its
// credentials.
func (w *world) deploy() {
	w.t.Helper()
	w.must(os.Chmod(w.write("#!/bin/sh\nexec probe whoami\n", "deploy"), 0o700))
}
