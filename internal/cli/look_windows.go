package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// understandsColour reports whether a console understands escape sequences, which
// it has to be told first.
func understandsColour(f *os.File) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
