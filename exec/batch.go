package exec

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf16"
)

// isBatch reports whether Windows runs the file at path with cmd.exe. Windows
// ignores spaces and dots at the end of a name, and so does isBatch.
func isBatch(path string) bool {
	ext := filepath.Ext(strings.TrimRight(path, " ."))
	return strings.EqualFold(ext, ".bat") || strings.EqualFold(ext, ".cmd")
}

// maxBatchLine is the longest command line that cmd.exe accepts, in UTF-16
// units. Source: "Command prompt line string limitation", Microsoft.
const maxBatchLine = 8191

// batchLine returns the command line with which shell, the path of cmd.exe,
// runs the batch file at path with args. The first of args is the program's own
// name.
//
// cmd.exe parses the line before any program that the batch file starts, and it
// follows other rules. Quoted as os/exec quotes for a program, an argument
// could break out of its quotes and run as a command (CVE-2024-24576).
// Therefore AutoRun is off (/D), !VAR! is not expanded (/V:OFF), and cmd.exe
// removes only the outer quotes (/S). An argument that cannot be quoted for
// cmd.exe is an error.
func batchLine(shell, path string, args []string) (string, error) {
	var line strings.Builder
	line.WriteString(`"` + shell + `" /E:ON /V:OFF /D /S /C "`)
	quoteForBatch(&line, strings.ReplaceAll(path, "/", `\`))
	for i, arg := range args[1:] {
		if strings.ContainsAny(arg, "\x00\r\n") {
			return "", fmt.Errorf("a batch file cannot take an argument with a line break or a NUL: argument %d", i+1)
		}
		line.WriteByte(' ')
		if plainForBatch(arg) {
			line.WriteString(arg)
		} else {
			quoteForBatch(&line, arg)
		}
	}
	line.WriteByte('"')
	if len(utf16.Encode([]rune(line.String()))) > maxBatchLine {
		return "", errors.New("the command line is too long for a batch file")
	}
	return line.String(), nil
}

// plainForBatch reports whether cmd.exe takes arg literally without quotes.
// Batch files that compare "%1" rely on plain arguments. Only characters known
// to be harmless pass: = , and ; for example separate arguments.
func plainForBatch(arg string) bool {
	return arg != "" && !strings.HasSuffix(arg, `\`) && !strings.ContainsFunc(arg, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(`#$*+-./:?@\_`, r)
	})
}

// quoteForBatch writes arg in quotes. It doubles each quote in arg, so that
// neither cmd.exe nor the C runtime of a program ends the string there. It also
// doubles the backslashes before a quote, as the C runtime requires. In front
// of each percent sign it writes %%cd:~, which expands to nothing, so that no
// variable name can stand between two percent signs.
func quoteForBatch(line *strings.Builder, arg string) {
	line.WriteByte('"')
	backslashes := 0
	for _, r := range arg {
		switch r {
		case '"':
			line.WriteString(strings.Repeat(`\`, backslashes) + `"`)
		case '%':
			line.WriteString(`%%cd:~,`)
		}
		if r == '\\' {
			backslashes++
		} else {
			backslashes = 0
		}
		line.WriteRune(r)
	}
	line.WriteString(strings.Repeat(`\`, backslashes) + `"`)
}
