package cli

import (
	"strings"

	"golang.org/x/sys/windows"
)

// plainPath returns path as every SDK can run it. The Go SDK (Terraform) puts a
// backslash before each quote of a credential_process and has cmd.exe read that,
// so that the path of the program must do without quotes. A path that would need
// them is replaced by its short name, C:\PROGRA~1\…, if the disk has such names.
func plainPath(path string) string {
	if !strings.ContainsAny(path, " \t&()^;,=%!") {
		return path
	}
	long, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return path
	}
	short := make([]uint16, windows.MAX_LONG_PATH)
	n, err := windows.GetShortPathName(long, &short[0], uint32(len(short)))
	if err != nil || n == 0 || int(n) > len(short) {
		return path
	}
	return windows.UTF16ToString(short[:n])
}
