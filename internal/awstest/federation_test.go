package awstest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestFederation(t *testing.T) {
	kinds := map[string]ConsoleCredentials{
		"role": {ARN: "role"}, "chained": {ARN: "chained", Chained: true}, "user": {ARN: "user", User: true}, "federated": {ARN: "federated", Federated: true},
	}
	f := running[*Federation](t)(StartFederation(func(c aws.Credentials) (ConsoleCredentials, error) {
		known, ok := kinds[c.AccessKeyID]
		if !ok || c.SecretAccessKey != "s" || c.SessionToken != "t" {
			return known, errors.New("unknown")
		}
		return known, nil
	}))
	ask := func(method string, in url.Values) (status int, token string) {
		t.Helper()
		var response *http.Response
		var err error
		if method == http.MethodPost {
			response, err = http.PostForm(f.URL()+"/federation", in)
		} else {
			response, err = http.Get(f.URL() + "/federation?" + in.Encode())
		}
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		var out struct{ SigninToken string }
		if response.StatusCode == http.StatusOK && in.Get("Action") == "getSigninToken" && (json.Unmarshal(body, &out) != nil || out.SigninToken == "") {
			t.Errorf("answer %s", body)
		}
		return response.StatusCode, out.SigninToken
	}
	session := func(id, secret, token string) string {
		data, _ := json.Marshal(map[string]string{"sessionId": id, "sessionKey": secret, "sessionToken": token})
		return string(data)
	}
	for name, test := range map[string]struct {
		session, duration string
		want              int
	}{
		"role":                  {session("role", "s", "t"), "", 200},
		"role, longest":         {session("role", "s", "t"), "43200", 200},
		"role, shortest":        {session("role", "s", "t"), "900", 200},
		"role, too long":        {session("role", "s", "t"), "43201", 400},
		"role, too short":       {session("role", "s", "t"), "899", 400},
		"role, no number":       {session("role", "s", "t"), "1h", 400},
		"chained":               {session("chained", "s", "t"), "", 200},
		"chained with duration": {session("chained", "s", "t"), "3600", 400},
		"federated":             {session("federated", "s", "t"), "", 200},
		"federated, duration":   {session("federated", "s", "t"), "3600", 400},
		"user session":          {session("user", "s", "t"), "", 400},
		"another secret":        {session("role", "x", "t"), "", 400},
		"another token":         {session("role", "s", "x"), "", 400},
		"no token":              {session("role", "s", ""), "", 400},
		"other names":           {`{"accessKeyId":"role","sessionKey":"s","sessionToken":"t"}`, "", 400},
		"no JSON":               {"x", "", 400},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			in := url.Values{"Action": {"getSigninToken"}, "Session": {test.session}}
			if test.duration != "" {
				in.Set("SessionDuration", test.duration)
			}
			if status, _ := ask(method, in); status != test.want {
				t.Errorf("%s, %s: %d, want %d", name, method, status, test.want)
			}
		}
	}

	_, token := ask(http.MethodPost, url.Values{"Action": {"getSigninToken"}, "SessionDuration": {"7200"}, "Session": {session("role", "s", "t")}})
	const destination = "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1"
	login := func(token, destination string) int {
		status, _ := ask(http.MethodGet, url.Values{"Action": {"login"}, "Issuer": {"x"}, "Destination": {destination}, "SigninToken": {token}})
		return status
	}
	if login("x", destination) != 400 || login(token, "http://console") != 400 || login(token, destination) != 200 {
		t.Error("the link is not checked")
	}
	if got := <-f.SignedIn(); got.ARN != "role" || got.Destination != destination || got.Duration != 2*time.Hour {
		t.Errorf("signed in: %+v", got)
	}
	if f.Expire(); login(token, destination) != 400 {
		t.Error("an expired token signs in")
	}
	if status, _ := ask(http.MethodGet, url.Values{"Action": {"logout"}}); status != 400 {
		t.Error(status)
	}
}
