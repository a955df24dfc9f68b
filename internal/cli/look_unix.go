//go:build unix

package cli

import "os"

// understandsColour reports whether a terminal understands escape sequences.
func understandsColour(*os.File) bool { return true }
