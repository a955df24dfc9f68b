package profile

import (
	"testing"

	"github.com/awsexec/awsexec/internal/awsini"
)

func TestOtherService(t *testing.T) {
	const local = "http://127.0.0.1:9000"
	for _, c := range []struct {
		name, config, want string // config is that of the profile x
		env                []string
	}{
		{"none", "region = eu-west-1\n", "", nil},
		{"of the profile", "endpoint_url = " + local + "\n", local, nil},
		{"of a service", "services = l\n[services l]\ns3 =\n  endpoint_url = " + local + "\n", local, nil},
		{"of S3, as plugins have it", "s3 =\n  endpoint_url = " + local + "\n", local, nil},
		{"of STS alone", "services = l\n[services l]\nsts =\n  endpoint_url = " + local + "\n", "", nil},
		{"in a variable", "", local, []string{"AWS_ENDPOINT_URL=" + local}},
		{"of S3 in a variable", "", local, []string{"AWS_ENDPOINT_URL_S3=" + local}},
		{"of STS in a variable", "", "", []string{"AWS_ENDPOINT_URL_STS=" + local}},
		{"ignored", "endpoint_url = " + local + "\nignore_configured_endpoint_urls = true\n", "", nil},
		{"ignored by a variable", "endpoint_url = " + local + "\n", "", []string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"}},
		{"of AWS", "endpoint_url = https://s3.eu-west-1.amazonaws.com\n", "", nil},
		{"of AWS in China", "endpoint_url = https://sts.cn-north-1.amazonaws.com.cn/\n", "", nil},
		{"of a VPC", "endpoint_url = https://vpce-1.sts.eu-west-1.vpce.amazonaws.com\n", "", nil},
		{"of another's domain", "endpoint_url = https://notamazonaws.com\n", "https://notamazonaws.com", nil},
		{"of a Cloudflare account", "endpoint_url = https://1.r2.cloudflarestorage.com\n", "https://1.r2.cloudflarestorage.com", nil},
	} {
		file, err := awsini.Parse("config", []byte("[profile x]\n"+c.config), awsini.ConfigFile)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&Config{Config: file, Credentials: &awsini.File{}}).OtherService("x", env(c.env...)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
