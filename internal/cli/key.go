package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/readfile"
)

var errSessionToken = errors.New("these are short-lived credentials: they have a session token; " +
	"only the long-term key of an IAM user can be kept")

// keyFromEnv takes the key from the variables that the AWS tools use.
func keyFromEnv(env func(string) string) (aws.Credentials, error) {
	key := aws.Credentials{AccessKeyID: env("AWS_ACCESS_KEY_ID"), SecretAccessKey: env("AWS_SECRET_ACCESS_KEY")}
	switch {
	case key.AccessKeyID == "":
		return key, errors.New("AWS_ACCESS_KEY_ID is not set")
	case key.SecretAccessKey == "":
		return key, errors.New("AWS_SECRET_ACCESS_KEY is not set")
	case env("AWS_SESSION_TOKEN") != "" || env("AWS_SECURITY_TOKEN") != "":
		return key, errSessionToken
	}
	return key, nil
}

// keyFromReader reads the id and the secret, one to a line, or a JSON object: the output of "aws iam create-access-key", or
// that of a credential_process.
func keyFromReader(r io.Reader) (aws.Credentials, error) {
	data, err := io.ReadAll(io.LimitReader(r, readfile.MaxOwn))
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("read standard input: %w", err)
	}
	defer clear(data)
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return keyFromJSON(data)
	}
	words := strings.Fields(string(data))
	if len(words) != 2 {
		return aws.Credentials{}, errors.New("standard input must hold the access key id on one line and the secret access key on the next")
	}
	return aws.Credentials{AccessKeyID: words[0], SecretAccessKey: words[1]}, nil
}

func keyFromJSON(data []byte) (aws.Credentials, error) {
	type object struct {
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
	}
	var in struct {
		object
		AccessKey *object
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return aws.Credentials{}, errors.New("standard input is no valid JSON object with an access key")
	}
	o := in.object
	if in.AccessKey != nil {
		o = *in.AccessKey
	}
	if o.SessionToken != "" {
		return aws.Credentials{}, errSessionToken
	}
	return aws.Credentials{AccessKeyID: o.AccessKeyID, SecretAccessKey: o.SecretAccessKey}, nil
}

// keyFromCSV reads the file that the console offers when it has made a key: a line of titles and one of values.
func keyFromCSV(path string) (aws.Credentials, error) {
	data, err := readfile.Stream(path, readfile.MaxOwn)
	if err != nil {
		return aws.Credentials{}, err
	}
	defer clear(data)
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	reader.FieldsPerRecord = -1
	rows, err := reader.ReadAll()
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("%s is no CSV file", path) // the reader's error could quote a line
	}
	if len(rows) == 0 {
		return aws.Credentials{}, fmt.Errorf("%s is empty", path)
	}
	id, secret := -1, -1
	for i, title := range rows[0] {
		switch strings.ToLower(strings.TrimSpace(title)) {
		case "access key id":
			id = i
		case "secret access key":
			secret = i
		}
	}
	if id < 0 || secret < 0 {
		return aws.Credentials{}, fmt.Errorf(`%s:1: no columns "Access key ID" and "Secret access key"`, path)
	}
	if len(rows) != 2 || len(rows[1]) <= max(id, secret) {
		return aws.Credentials{}, fmt.Errorf("%s must hold one key, below the line of titles", path)
	}
	return aws.Credentials{AccessKeyID: strings.TrimSpace(rows[1][id]), SecretAccessKey: strings.TrimSpace(rows[1][secret])}, nil
}

// checkKey says what is wrong with the shape of a long-term key, without quoting any of the secret.
func checkKey(key aws.Credentials) error {
	if err := checkKeyID(key.AccessKeyID); err != nil {
		return err
	}
	if !madeOf(key.SecretAccessKey, 16, 128, secretLetters) {
		return errors.New("that is no secret access key: it has 40 letters, digits, / and +")
	}
	return nil
}

const (
	keyIDLetters  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	secretLetters = keyIDLetters + "abcdefghijklmnopqrstuvwxyz/+="
)

// madeOf says whether s has at least and at most so many characters, all of them among letters.
func madeOf(s string, least, most int, letters string) bool {
	return least <= len(s) && len(s) <= most && strings.Trim(s, letters) == ""
}

// checkKeyID tells long-term keys from everything else by their prefix. Source: "Understanding unique ID prefixes" in the IAM User Guide.
func checkKeyID(id string) error {
	switch {
	case strings.HasPrefix(id, "ASIA"):
		return errors.New("an access key id that begins with ASIA is short-lived; only the long-term key of an IAM user, which begins with AKIA, can be kept")
	case !strings.HasPrefix(id, "AKIA") || !madeOf(id, 16, 128, keyIDLetters):
		return errors.New("that is no access key id of an IAM user: it begins with AKIA and has 20 capital letters and digits")
	}
	return nil
}
