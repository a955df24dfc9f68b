//go:build unix && !linux

package guard

// refuseTracing does nothing: macOS itself protects programs that are signed
// for it.
func refuseTracing() {}

// probe does nothing: there are no pidfds.
func probe() {}
