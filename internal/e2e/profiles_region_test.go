//go:build linux

package e2e

import (
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
)

// regions checks which region is called, which region the child gets, and the
// partitions.
func (m machine) regions(t *testing.T) {
	const profile = "eu-west-3"
	for _, tt := range []struct {
		name   string
		env    []string
		args   []string
		region string // the profile's
		called string
		child  string // the child's AWS_REGION and AWS_DEFAULT_REGION
	}{
		{"nothing", nil, nil, "", "us-east-1", " "},
		{"profile", nil, nil, profile, profile, "eu-west-3 eu-west-3"},
		{"AWS_DEFAULT_REGION", []string{"AWS_DEFAULT_REGION=eu-north-1"}, nil, profile, "eu-north-1", "eu-north-1 eu-north-1"},
		{"AWS_REGION", []string{"AWS_DEFAULT_REGION=eu-north-1", "AWS_REGION=eu-south-1"}, nil, profile, "eu-south-1", "eu-south-1 eu-south-1"},
		{"--region", []string{"AWS_DEFAULT_REGION=eu-north-1", "AWS_REGION=eu-south-1"}, []string{"--region", "ap-east-1"}, profile, "ap-east-1", "ap-east-1 ap-east-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := m.newWorld(t)
			w.config("[profile work]", "region = "+tt.region, "[profile role]", "role_arn = "+roleOne, "source_profile = work", "region = "+tt.region)
			w.set(tt.env...)
			r := w.run(append(tt.args, "-p", "role", "--", "sh", "-c", `echo "$AWS_REGION $AWS_DEFAULT_REGION"`)...)
			if r.code != 0 || strings.TrimSuffix(r.stdout, "\n") != tt.child {
				t.Errorf("the child has %q, want %q; stderr:\n%s", r.stdout, tt.child, r.stderr)
			}
			w.called(1, 1)
			for _, request := range w.srv.Requests() {
				if request.Region != tt.called {
					t.Errorf("%s was called in %s, want %s", request.Action, request.Region, tt.called)
				}
			}
		})
	}

	t.Run("the source's region is ignored", func(t *testing.T) {
		t.Parallel()
		w := m.newWorld(t)
		w.config("[profile work]", "region = eu-west-1", "[profile role]", "role_arn = "+roleOne, "source_profile = work", "region = sa-east-1")
		w.is(session(roleOne, "awsexec"), asRole...)
		for _, request := range w.srv.Requests() {
			if request.Region != "sa-east-1" {
				t.Errorf("%s was called in %s", request.Action, request.Region)
			}
		}
	})

	for partition, region := range map[string]string{"aws-cn": "cn-northwest-1", "aws-us-gov": "us-gov-east-1", "aws-eusc": "eusc-de-east-1"} {
		t.Run(partition, func(t *testing.T) {
			t.Parallel()
			w := m.newWorld(t)
			user := ststest.User{Partition: partition, Account: account, Name: "carol", AccessKeyID: "AKIAIOSFODNN7CAROL01",
				SecretAccessKey: ststest.Marker + "/carol/1+2345678901234567801"}
			role := strings.Replace(roleOne, "aws", partition, 1)
			w.must(w.srv.AddUser(user))
			w.must(w.srv.AddRole(ststest.Role{ARN: role, Trust: []string{account}}))
			w.set("XDG_DATA_HOME=" + w.path("data"))
			w.add("carol-"+partition, user.AccessKeyID, user.SecretAccessKey)
			lines := []string{"[profile carol-" + partition + "]", "[profile role]", "role_arn = " + role, "source_profile = carol-" + partition}
			w.config(append(lines, "region = "+region)...)
			w.is(strings.Replace(session(roleOne, "awsexec"), "aws", partition, 1), asRole...)

			w.config(lines...) // without a region the call would go to another partition
			calls := len(w.srv.Requests())
			w.run(asRole...).fails(t, 125, ".aws/config:3: role_arn", partition, "us-east-1")
			w.run(append([]string{"--region", "eu-west-1"}, asRole...)...).fails(t, 125, partition, "eu-west-1")
			if n := len(w.srv.Requests()) - calls; n != 0 {
				t.Errorf("%d calls to another partition", n)
			}
		})
	}
}
