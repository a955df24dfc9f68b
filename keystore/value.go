package keystore

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// maxValue is the size that every store takes in one item, with some room: the
// limit of the Windows Credential Manager is 2560 bytes, that of macOS about
// 3000 in base64.
const maxValue = 1024

// value is the content of the item of a long-term key.
type value struct {
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
}

func encodeValue(c aws.Credentials) ([]byte, error) {
	switch {
	case c.SessionToken != "":
		return nil, errors.New("these are temporary credentials: only long-term keys are stored")
	case c.AccessKeyID == "" || c.SecretAccessKey == "":
		return nil, errors.New("the access key ID and the secret access key are both required")
	case !utf8.ValidString(c.AccessKeyID) || !utf8.ValidString(c.SecretAccessKey):
		return nil, errors.New("the access key ID and the secret access key must be valid UTF-8")
	}
	b, err := json.Marshal(value{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey})
	if err == nil && len(b) > maxValue {
		err = fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooBig, len(b), maxValue)
	}
	return b, err
}

// decodeValue reads a key. Its errors never quote what it could not read.
func decodeValue(b []byte) (aws.Credentials, error) {
	var v value
	if json.Unmarshal(b, &v) != nil || v.AccessKeyID == "" || v.SecretAccessKey == "" {
		return aws.Credentials{}, fmt.Errorf("%w: the stored value is not a key of awsexec", ErrCorrupt)
	}
	return aws.Credentials{AccessKeyID: v.AccessKeyID, SecretAccessKey: v.SecretAccessKey}, nil
}
