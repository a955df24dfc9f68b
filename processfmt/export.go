package processfmt

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/awsexec/awsexec/internal/credentials"
)

// Format is a way of writing credentials down. The names and shapes are those of "aws configure export-credentials" in AWS CLI version 2.
type Format string

const (
	Process     Format = "process"       // the JSON of Encode
	Env         Format = "env"           // export NAME='value', for sh, bash and zsh
	EnvNoExport Format = "env-no-export" // NAME=value, for .env files
	Fish        Format = "fish"          // set -gx NAME 'value'
	PowerShell  Format = "powershell"    // $Env:NAME = 'value'
	WindowsCmd  Format = "windows-cmd"   // set "NAME=value"
)

// writers write one variable, its value quoted so that the shell takes it literally, or say that they cannot.
var writers = map[Format]func(name, value string) (string, error){
	Env: func(name, value string) (string, error) { return "export " + name + "=" + quoteSh(value) + "\n", nil },
	// Readers of .env files disagree about quotes: docker takes them for part of the value.
	EnvNoExport: func(name, value string) (string, error) { return name + "=" + value + "\n", nil },
	Fish: func(name, value string) (string, error) {
		return "set -gx " + name + " " + quoteFish(value) + "\n", nil
	},
	PowerShell: func(name, value string) (string, error) {
		return "$Env:" + name + " = " + quotePowerShell(value) + "\n", nil
	},
	WindowsCmd: cmdLine,
}

// Valid says whether f is one of the formats.
func (f Format) Valid() bool { return f == Process || writers[f] != nil }

// FormatNames lists the formats, for messages.
func FormatNames() string { return "process, env, env-no-export, fish, powershell and windows-cmd" }

// Export writes c in the given format, in a single Write. The shell formats set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,
// AWS_SESSION_TOKEN and AWS_CREDENTIAL_EXPIRATION where c has them, and AWS_REGION and AWS_DEFAULT_REGION unless region is empty.
//
// What ExportVariables refuses is an error, and nothing is written.
func Export(w io.Writer, f Format, c credentials.Plain, region string) error {
	if f == Process {
		return Encode(w, c)
	}
	variables := [][2]string{
		{"AWS_ACCESS_KEY_ID", c.AccessKeyID},
		{"AWS_SECRET_ACCESS_KEY", c.SecretAccessKey},
		{"AWS_SESSION_TOKEN", c.SessionToken},
	}
	if c.CanExpire {
		variables = append(variables, [2]string{"AWS_CREDENTIAL_EXPIRATION", c.Expires.UTC().Format(time.RFC3339)})
	}
	return ExportVariables(w, f, append(variables, [2]string{"AWS_REGION", region}, [2]string{"AWS_DEFAULT_REGION", region}))
}

// ExportVariables writes variables, names and values, in one of the shell formats, in a single Write. Those without a value are left out.
//
// A value that does not print, or that a format cannot express, is an error, and nothing is written. No value of AWS has control characters. What
// reads these lines may act on them before any quote counts: a line break ends a command for whoever reads line by line.
func ExportVariables(w io.Writer, f Format, variables [][2]string) error {
	write := writers[f]
	if write == nil {
		return fmt.Errorf("unknown format %q", string(f))
	}
	var buf bytes.Buffer
	for _, v := range variables {
		if v[1] == "" {
			continue
		}
		if !prints(v[1]) {
			return fmt.Errorf("%s holds a character that does not print", v[0])
		}
		line, err := write(v[0], v[1])
		if err != nil {
			return err
		}
		buf.WriteString(line)
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// prints reports whether each character of s prints.
func prints(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) })
}

// plain says whether every shell and every reader of .env files takes s as it is.
func plain(s string) bool {
	for _, r := range s {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("/+=_-.:,@", r)) {
			return false
		}
	}
	return true
}

// quoteSh puts s in single quotes, in which POSIX shells take everything but the quote itself literally. zsh would put the path of a
// command for what follows "=" at the start of a word or after ":".
func quoteSh(s string) string {
	if plain(s) && !strings.Contains(":"+s, ":=") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// quoteFish puts s in single quotes, in which fish knows two escapes: \' and \\.
func quoteFish(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// quotePowerShell puts s in single quotes, in which PowerShell takes everything literally but the quote, written twice. It takes the
// typographic ones for the same (about_Quoting_Rules).
func quotePowerShell(s string) string {
	return "'" + strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛").Replace(s) + "'"
}

// cmdLine quotes the whole assignment, in which cmd.exe takes all literally but what ends it, and %, which means something else in a batch
// file than at the prompt.
func cmdLine(name, value string) (string, error) {
	if strings.ContainsAny(value, "\"%") {
		return "", fmt.Errorf("%s holds a quote or a percent sign, which windows-cmd cannot express", name)
	}
	return `set "` + name + "=" + value + "\"\r\n", nil
}
