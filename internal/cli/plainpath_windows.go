package cli

import (
	"strings"

	"golang.org/x/sys/windows"
)

// plainPath is path as every SDK can run it: the Go SDK (Terraform) has cmd.exe read a credential_process in which it has put a
// backslash before each quote, so that a program can have no quotes around it. A path that would need them is given by its short name,
// C:\PROGRA~1\…, where the disk has such names.
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
