// Package keyinput reads long-term access keys in the forms that people have
// them in, and checks that they look like keys. No error quotes a secret.
package keyinput

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/readfile"
)

var errSessionToken = errors.New("these are short-lived credentials: they have a session token; " +
	"only the long-term key of an IAM user can be stored")

// FromEnv returns the key in the variables that AWS tools use.
func FromEnv(env func(string) string) (aws.Credentials, error) {
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

// FromReader returns the key that standard input holds: the id and the secret on
// a line each, with their names or without, or a JSON object as "aws iam
// create-access-key" or a credential_process prints it.
func FromReader(r io.Reader) (aws.Credentials, error) {
	data, err := io.ReadAll(io.LimitReader(r, readfile.MaxOwn))
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("read standard input: %w", err)
	}
	defer clear(data)
	text := visible(string(data))
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return fromJSON([]byte(text))
	}
	if key, ok := fromNames(text); ok {
		if key.SessionToken != "" {
			return aws.Credentials{}, errSessionToken
		}
		return key, nil
	}
	words := strings.Fields(text)
	if len(words) != 2 {
		return aws.Credentials{}, errors.New("standard input must hold the access key id on one line and the secret access key on the next")
	}
	return aws.Credentials{AccessKeyID: unquoted(words[0]), SecretAccessKey: unquoted(words[1])}, nil
}

// visible returns text without the characters that come along when one copies it
// from a page or a document, and that nobody sees.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) { // byte order marks, zero-width spaces, soft hyphens
			return -1
		}
		return r
	}, text)
}

func unquoted(word string) string { return strings.Trim(word, `"'`) }

// fromNames returns the credentials in lines of an AWS file, or in those that set
// the variables of AWS tools in a shell.
func fromNames(text string) (key aws.Credentials, ok bool) {
	for line := range strings.Lines(text) {
		name, value, found := strings.Cut(line, "=")
		words := strings.Fields(name)
		if !found || len(words) == 0 {
			continue
		}
		value = unquoted(strings.TrimRight(strings.TrimSpace(value), ";"))
		switch name = strings.ToLower(words[len(words)-1]); strings.TrimPrefix(name, "$env:") {
		case "aws_access_key_id":
			key.AccessKeyID = value
		case "aws_secret_access_key":
			key.SecretAccessKey = value
		case "aws_session_token":
			key.SessionToken = value
		}
	}
	return key, key.AccessKeyID != "" && key.SecretAccessKey != ""
}

// fromJSON returns the key in a JSON object.
func fromJSON(data []byte) (aws.Credentials, error) {
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
		return aws.Credentials{}, errors.New("standard input: invalid JSON object of an access key")
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

// FromCSV returns the key in the file that the AWS console offers for download
// when it has made one: a line of titles and a line of values.
func FromCSV(path string) (aws.Credentials, error) {
	data, err := readfile.Stream(path, readfile.MaxOwn)
	if err != nil {
		return aws.Credentials{}, err
	}
	defer clear(data)
	reader := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	reader.FieldsPerRecord = -1
	rows, err := reader.ReadAll()
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("%s: invalid CSV file", path) // the reader's error could quote a line
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
