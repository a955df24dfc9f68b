package awsapi

import "testing"

// An answer that is none of ECR is an error, and is not quoted.
func TestReadPassword(t *testing.T) {
	for body, want := range map[string]string{
		`{"authorizationData":[{"authorizationToken":"QVdTOnNlY3JldA==","expiresAt":1.7e9}]}`: "secret",
		`{"authorizationData":[]}`:                                      "",
		`{"authorizationData":[{"authorizationToken":"QVdT"}]}`:         "",
		`{"authorizationData":[{"authorizationToken":"?"}]}`:            "",
		`{"authorizationData":[{"authorizationToken":"QVdTOmEKYg=="}]}`: "",
		`{}`: "",
		`[]`: "",
	} {
		if p, err := readPassword([]byte(body), false); p.Password != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", body, p.Password, err)
		}
	}
	if p, err := readPassword([]byte(`{"authorizationData":{"authorizationToken":"QVdTOnNlY3JldA==","expiresAt":1700000000}}`), true); err != nil || p.Password != "secret" || p.Expires.Unix() != 1700000000 {
		t.Errorf("%+v, %v", p, err)
	}
}
