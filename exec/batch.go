package exec

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf16"
)

// isBatch tells whether Windows would have cmd.exe run the file at path. It ignores spaces and dots at the end of a name.
func isBatch(path string) bool {
	ext := filepath.Ext(strings.TrimRight(path, " ."))
	return strings.EqualFold(ext, ".bat") || strings.EqualFold(ext, ".cmd")
}

// maxBatchLine is how many UTF-16 units cmd.exe takes. Source: "Command prompt line string limitation", Microsoft.
const maxBatchLine = 8191

// batchLine is the command line with which shell, which is cmd.exe, runs the batch file at path with args, the first of which is the
// program's own name.
//
// cmd.exe reads such a line before the programs do that the batch file passes its arguments on to, and by other rules: what os/exec
// writes for a program would let an argument break out of its quotes and be a command (CVE-2024-24576 and its kin). So: no AutoRun
// (/D), no !VAR! (/V:OFF), the outer quotes and no others taken away (/S). Whatever cannot be said to cmd.exe is an error.
func batchLine(shell, path string, args []string) (string, error) {
	var line strings.Builder
	line.WriteString(`"` + shell + `" /E:ON /V:OFF /D /S /C "`)
	quoteForBatch(&line, strings.ReplaceAll(path, "/", `\`))
	for i, arg := range args[1:] {
		if strings.ContainsAny(arg, "\x00\r\n") {
			return "", fmt.Errorf("it is a batch file, and those take no line ends in arguments, as there are in number %d", i+1)
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
		return "", errors.New("it is a batch file, and the command line is too long for those")
	}
	return line.String(), nil
}

// plainForBatch tells whether arg means itself to cmd.exe without quotes, which batch files that compare "%1" rely on. What is not
// known to be harmless is not: = , ; separate arguments too.
func plainForBatch(arg string) bool {
	return arg != "" && !strings.HasSuffix(arg, `\`) && !strings.ContainsFunc(arg, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(`#$*+-./:?@\_`, r)
	})
}

// quoteForBatch writes arg in quotes. A quote within is doubled, which neither cmd.exe nor the C runtime of a program behind it
// takes for the end; the backslashes before a quote are doubled for the latter. A percent sign is followed by an expansion
// of nothing, %cd:~,%, so that no variable's name can stand between it and the next.
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
