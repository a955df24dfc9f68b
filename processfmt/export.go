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

// Format is a way to print credentials. The names and shapes are those of "aws
// configure export-credentials" in AWS CLI version 2.
type Format string

const (
	Process     Format = "process"       // the JSON of Encode
	Env         Format = "env"           // export NAME='value', for sh, bash and zsh
	EnvNoExport Format = "env-no-export" // NAME=value, for .env files
	Fish        Format = "fish"          // set -gx NAME 'value'
	PowerShell  Format = "powershell"    // $Env:NAME = 'value'
	WindowsCmd  Format = "windows-cmd"   // set "NAME=value"
)

// writers holds a function for each shell format. It returns the line that sets
// one variable, quoted so that the shell takes the value literally, or an error
// if the format cannot express the value.
var writers = map[Format]func(name, value string) (string, error){
	Env: func(name, value string) (string, error) { return "export " + name + "=" + quoteSh(value) + "\n", nil },
	// Readers of .env files disagree about quotes: Docker makes them part of
	// the value.
	EnvNoExport: func(name, value string) (string, error) { return name + "=" + value + "\n", nil },
	Fish: func(name, value string) (string, error) {
		return "set -gx " + name + " " + quoteFish(value) + "\n", nil
	},
	PowerShell: func(name, value string) (string, error) {
		return "$Env:" + name + " = " + quotePowerShell(value) + "\n", nil
	},
	WindowsCmd: cmdLine,
}

// Valid reports whether f is one of the formats.
func (f Format) Valid() bool { return f == Process || writers[f] != nil }

// FormatList returns the names of all formats.
func FormatList() []string {
	return []string{string(Process), string(Env), string(EnvNoExport), string(Fish), string(PowerShell), string(WindowsCmd)}
}

// FormatNames returns the names of all formats, for messages.
func FormatNames() string {
	names := FormatList()
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// Export writes c in the format f, in a single Write. The shell formats set
// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and
// AWS_CREDENTIAL_EXPIRATION if c has them, and settings, pairs of a name and a value.
// Process ignores settings.
//
// If ExportVariables or Encode refuses a value, Export returns the error and
// writes nothing.
func Export(w io.Writer, f Format, c credentials.Plain, settings [][2]string) error {
	if f == Process {
		return Encode(w, c)
	}
	variables := [][2]string{
		{"AWS_ACCESS_KEY_ID", c.AccessKeyID},
		{"AWS_SECRET_ACCESS_KEY", c.SecretAccessKey},
	}
	if c.SessionToken != "" {
		variables = append(variables, [2]string{"AWS_SESSION_TOKEN", c.SessionToken})
	}
	if c.CanExpire {
		variables = append(variables, [2]string{"AWS_CREDENTIAL_EXPIRATION", c.Expires.UTC().Format(time.RFC3339)})
	}
	return ExportVariables(w, f, append(variables, settings...))
}

// ExportVariables writes variables, pairs of a name and a value, in the shell
// format f, in a single Write.
//
// A value with a character that is not printable, or that the format cannot
// express, is an error, and nothing is written. Values from AWS have no control
// characters. Quotes do not make control characters safe: a program that reads
// line by line ends the command at a line break. Errors name the variable and
// never quote its value.
func ExportVariables(w io.Writer, f Format, variables [][2]string) error {
	write := writers[f]
	if write == nil {
		return fmt.Errorf("unknown format %q", string(f))
	}
	var buf bytes.Buffer
	for _, v := range variables {
		if !prints(v[1]) {
			return fmt.Errorf("%s holds a character that is not printable", v[0])
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

// prints reports whether every character of s is printable.
func prints(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) })
}

// plain reports whether every shell and every reader of .env files takes s
// literally without quotes.
func plain(s string) bool {
	for _, r := range s {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			strings.ContainsRune("/+=_-.:,@", r)) {
			return false
		}
	}
	return true
}

// quoteSh returns s in single quotes, in which POSIX shells take everything but
// the quote itself literally. Without quotes, zsh would replace "=command" at
// the start of a word or after ":" with the path of the command.
func quoteSh(s string) string {
	if plain(s) && !strings.Contains(":"+s, ":=") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// quoteFish returns s in single quotes, in which fish knows two escapes: \' and
// \\.
func quoteFish(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// quotePowerShell returns s in single quotes, in which PowerShell takes
// everything literally but the quote, which is doubled. Typographic single
// quotes count as quotes too. Source: about_Quoting_Rules.
func quotePowerShell(s string) string {
	return "'" + strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛").Replace(s) + "'"
}

// cmdLine returns the whole assignment in quotes, in which cmd.exe takes
// everything literally but a quote, and a percent sign, which has one meaning
// in a batch file and another at the prompt.
func cmdLine(name, value string) (string, error) {
	if strings.ContainsAny(value, "\"%") {
		return "", fmt.Errorf("%s holds a quote or a percent sign, which windows-cmd cannot express", name)
	}
	return `set "` + name + "=" + value + "\"\r\n", nil
}
