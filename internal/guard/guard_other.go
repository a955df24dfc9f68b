//go:build unix && !linux

package guard

// refuseTracing does nothing: macOS protects processes of programs that are
// signed for it by itself.
func refuseTracing() {}
