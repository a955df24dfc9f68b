package keyinput

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzKeyInput checks that a key is read whole, from standard input and from a CSV file, and that no error quotes what was read.
func FuzzKeyInput(f *testing.F) {
	for _, text := range []string{
		"AKIAIOSFODNN7EXAMPLE\nS3CR3TMARKER/1234567890123456789012345678\n",
		`{"AccessKey":{"AccessKeyId":"AKIAIOSFODNN7EXAMPLE","SecretAccessKey":"S3CR3TMARKER/1234567890123456789012345678"}}`,
		`{"Version":1,"AccessKeyId":"ASIA","SecretAccessKey":"S3CR3TMARKER","SessionToken":"S3CR3TMARKER"}`,
		"\ufeffAccess key ID,Secret access key\r\nAKIAIOSFODNN7EXAMPLE,S3CR3TMARKER/1234567890123456789012345678\r\n",
		"User name,Access key ID,Secret access key\n\"S3CR3TMARKER", "S3CR3TMARKER", "{S3CR3TMARKER", "",
	} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "key.csv")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := FromReader(bytes.NewReader(data))
		fromFile, fileErr := FromCSV(path)
		for _, err := range []error{err, fileErr} {
			if err != nil && strings.Contains(err.Error(), "S3CR3TMARKER") {
				t.Fatalf("an error quotes a secret: %v", err)
			}
		}
		if err == nil && fileErr == nil && key != fromFile {
			t.Fatal("the same bytes are two keys")
		}
		for _, key := range []struct {
			err        error
			id, secret string
		}{{err, key.AccessKeyID, key.SecretAccessKey}, {fileErr, fromFile.AccessKeyID, fromFile.SecretAccessKey}} {
			if key.err == nil && key.secret != "" && !bytes.Contains(data, []byte(key.secret)) && !bytes.ContainsAny(data, `"\`) && visible(string(data)) == string(data) && !invalid(data) {
				t.Fatal("the secret is not one that was given")
			}
		}
		if err := Check(key); err != nil && strings.Contains(err.Error(), "S3CR3TMARKER") {
			t.Fatalf("an error quotes a secret: %v", err)
		}
	})
}

func invalid(data []byte) bool { return !bytes.Equal(bytes.ToValidUTF8(data, nil), data) }
