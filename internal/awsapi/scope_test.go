package awsapi

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestScope: clients that can use each other's tokens have one scope, all others
// have different ones.
func TestScope(t *testing.T) {
	const global = "https://sts.amazonaws.com"
	seen := map[Scope]Client{}
	for _, same := range [][]Client{
		{
			{}, {Region: "us-east-1"}, {Region: "eu-west-1"}, {Region: "ap-east-1"}, {Region: "aws-global"}, {Region: "fips-us-east-1"},
			{Region: "us-east-2", FIPS: aws.FIPSEndpointStateEnabled}, {Region: "eu-west-1", DualStack: aws.DualStackEndpointStateEnabled},
			{Endpoint: "https://sts.us-east-1.amazonaws.com"}, {Region: "ap-east-1", Endpoint: "https://sts.ap-east-1.api.aws/"},
			{Endpoint: "https://sts-fips.us-east-1.amazonaws.com"}, {Endpoint: "HTTPS://STS.us-east-1.amazonaws.com:443"},
			{Region: "eu-west-1", Endpoint: "https://vpce-0123456789abcdef0-a1b2c3d4.sts.eu-west-1.vpce.amazonaws.com"},
			{Region: "eu-west-1", IAMEndpoint: "http://127.0.0.1:2", CABundle: "x", AppID: "y"},
		},
		{{Endpoint: "https://sts.us-east-1.amazonaws.com.example.org"}},
		{{Endpoint: "http://sts.us-east-1.amazonaws.com"}},
		{{Endpoint: "https://sts.us-east-1.amazonaws.com/proxy"}},
		{{Endpoint: "https://sts.cn-north-1.amazonaws.com.cn"}},
		{{Region: "cn-north-1", Endpoint: "https://sts.cn-north-1.amazonaws.com.cn"}, {Region: "cn-north-1"}, {Region: "cn-northwest-1"}, {Region: "aws-cn-global"}},
		{{Region: "us-gov-west-1"}, {Region: "us-gov-east-1"}, {Region: "aws-us-gov-global"}, {Region: "fips-us-gov-west-1"}},
		{{Region: "eusc-de-east-1"}, {Region: "eusc-de-east-1", Endpoint: "https://sts.eusc-de-east-1.amazonaws.eu"}},
		{{Region: "us-east-1", Endpoint: "http://127.0.0.1:1"}, {Region: "ap-east-1", Endpoint: "http://127.0.0.1:1/"}},
		{{Endpoint: "http://localhost"}, {Endpoint: "http://LocalHost:80/"}},
		{{Endpoint: "http://localhost:443"}},
		{{Region: "cn-north-1", Endpoint: "http://127.0.0.1:1"}},
		{{Endpoint: "http://127.0.0.1:1/sts"}},
		{{Endpoint: global}, {Region: "eu-west-1", Endpoint: global + "/"}, {Region: "aws-global", Endpoint: global}},
		{{Region: "ap-east-1", Endpoint: global}, {Region: "ap-east-1", Endpoint: global + "/"}},
		{{Region: "af-south-1", Endpoint: global}},
		{{Region: "mx-central-1", Endpoint: global}},
	} {
		want := same[0].Scope()
		if other, ok := seen[want]; ok {
			t.Errorf("%+v and %+v have the scope %+v", same[0], other, want)
		}
		seen[want] = same[0]
		for _, c := range same {
			if got := c.Scope(); got != want {
				t.Errorf("%+v has the scope %+v, want %+v", c, got, want)
			}
		}
	}
}
