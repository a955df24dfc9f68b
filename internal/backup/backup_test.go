package backup

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/keystore"
)

const marker = "S3CR3TMARKER"

func TestRoundTrip(t *testing.T) {
	first, second := aws.Credentials{AccessKeyID: "AKIA1", SecretAccessKey: marker + "1"}, aws.Credentials{AccessKeyID: "AKIA2", SecretAccessKey: marker + "2"}
	began := time.Unix(1767323045, 0).UTC()
	want := []Key{
		{Name: "work", Key: first, TOTP: []byte(marker)},
		{Name: "Größe/x", Key: second, Rotation: &keystore.Rotation{Old: second, Before: []string{"AKIA2"}, Began: began}},
		{Name: "half", Key: first, Rotation: &keystore.Rotation{Old: second, New: first, Began: began}},
	}
	plain, err := Encode(want, began.Add(time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := SealPassphrase(plain, []byte(marker), 2)
	if err != nil || strings.Contains(string(sealed), marker) {
		t.Fatal(err)
	}
	if takes, err := TakesPassphrase(sealed); err != nil || !takes {
		t.Errorf("takes a passphrase: %t, %v", takes, err)
	}
	opened, err := OpenPassphrase(sealed, []byte(marker))
	if err != nil {
		t.Fatal(err)
	}
	if got, made, err := Decode(opened); err != nil || !reflect.DeepEqual(got, want) || !made.Equal(began) {
		t.Errorf("not what was encoded, or made at %v: %v", made, err)
	}
	if _, err := OpenPassphrase(sealed, []byte("another")); !errors.Is(err, keystore.ErrWrongPassphrase) {
		t.Error(err)
	}
	sealed[len(sealed)-1]++
	if _, err := OpenPassphrase(sealed, []byte(marker)); !errors.Is(err, keystore.ErrCorrupt) || strings.Contains(err.Error(), marker) {
		t.Error(err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for text, want := range map[string]error{
		"": keystore.ErrCorrupt, marker: keystore.ErrCorrupt, `{"version":1,"keys":[]}`: keystore.ErrCorrupt,
		`{"format":"awsexec backup","version":2,"keys":[],"more":"` + marker + `"}`:                                                          keystore.ErrNewer,
		`{"format":"awsexec backup","version":1,"keys":[{"name":"work","access_key_id":"A"}]}`:                                               keystore.ErrCorrupt,
		`{"format":"awsexec backup","version":1,"keys":[{"name":"a[b","access_key_id":"A","secret_access_key":"` + marker + `"}]}`:           keystore.ErrCorrupt,
		`{"format":"awsexec backup","version":1,"keys":[{"name":"` + "\\n" + `","access_key_id":"A","secret_access_key":"` + marker + `"}]}`: keystore.ErrCorrupt,
	} {
		keys, _, err := Decode([]byte(text))
		if !errors.Is(err, want) || len(keys) > 0 || strings.Contains(err.Error(), marker) {
			t.Errorf("%s: %v, want %v", text, err, want)
		}
	}
}
