package awsfiles

import (
	"testing"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/awsinitest"
)

// FuzzAddCredentialProcess checks that adding a line changes no other byte, for any
// file, name and command.
func FuzzAddCredentialProcess(f *testing.F) {
	for _, data := range awsinitest.Corpus(f) {
		f.Add(data, "default", "awsexec -p default")
		if file, err := awsini.Parse("p", data, awsini.ConfigFile); err == nil {
			for _, name := range file.Names() {
				f.Add(data, name, "awsexec")
			}
		}
	}
	for _, name := range []string{"a b", `quo"te'd`, `back\slash`, "]", "[x", "é", "#x", "profile x", " x ", "DEFAULT"} {
		f.Add([]byte("[profile x]\nregion = y"), name, "/bin/awsexec --profile x")
		f.Add([]byte("\ufeff# a\r\n\r\n[default]\r\n  s3 =\r\n    a = b\r\n"), name, "x = y # z")
	}
	f.Fuzz(func(t *testing.T, data []byte, name, command string) {
		checkEdit(t, data, name, command)
	})
}
