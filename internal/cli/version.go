package cli

import (
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/awsexec/awsexec/internal/session"
)

// moduleVersion returns the version of the module that the program was built
// from, as "go install …@VERSION" records it; "dev" if there is none.
func moduleVersion(read func() (*debug.BuildInfo, bool)) string {
	info, ok := read()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return strings.TrimPrefix(info.Main.Version, "v")
}

// versionCmd prints the version.
type versionCmd struct{}

func (versionCmd) Run(settings *session.Settings, out *ui) error {
	page := out.page(0)
	page.line("awsexec %s (%s/%s, %s)", settings.Version, runtime.GOOS, runtime.GOARCH, runtime.Version())
	return out.print(page)
}
