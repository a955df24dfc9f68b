package profile

import "testing"

// FuzzAddCredentialProcess checks that adding a line adds that line and changes no other byte, for any file, name and command.
func FuzzAddCredentialProcess(f *testing.F) {
	for _, data := range corpus(f) {
		f.Add(data, "default", "awsexec -p default")
	}
	for _, name := range []string{"a b", `quo"te'd`, `back\slash`, "]", "[x", "é", "#x", "profile x", " x ", "DEFAULT"} {
		f.Add([]byte("[profile x]\nregion = y"), name, "/bin/awsexec --profile x")
		f.Add([]byte("\ufeff# a\r\n\r\n[default]\r\n  s3 =\r\n    a = b\r\n"), name, "x = y # z")
	}
	f.Fuzz(func(t *testing.T, data []byte, name, command string) {
		checkEdit(t, data, name, command)
	})
}
