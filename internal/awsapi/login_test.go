package awsapi

import (
	"encoding/base64"
	"testing"
)

func TestLoginSubject(t *testing.T) {
	token := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
	}
	for _, who := range []string{"arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/a/b", "arn:aws-cn:sts::123456789012:assumed-role/x/y@z"} {
		if session, account, err := loginSubject(token(`{"sub":"` + who + `"}`)); session != who || account != "123456789012" || err != nil {
			t.Errorf("%s: %s, %s, %v", who, session, account, err)
		}
	}
	for _, wrong := range []string{
		"", "a.b", "a.!.c", token(`{}`), token(`{"sub":1}`), token(`{"sub":"me"}`), token(`{"sub":"arn:aws:iam:::root"}`), token(`{"sub":"arn:aws:iam::123456789012:"}`),
		token(`{"sub":"arn:aws:iam::123456789012:user/a\nb = c"}`), token(`{"sub":"arn:aws:iam::123456789012:user/a b"}`), token(`{"sub":"arn:aws:iam::123456789012:root"`),
	} {
		if session, _, err := loginSubject(wrong); err == nil || session != "" {
			t.Errorf("%s: %s, %v", wrong, session, err)
		}
	}
}
