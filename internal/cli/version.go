package cli

import (
	"runtime"

	"github.com/awsexec/awsexec/internal/session"
)

// versionCmd prints the version.
type versionCmd struct{}

func (versionCmd) Run(settings *session.Settings, out *ui) error {
	page := out.page(0)
	page.line("awsexec %s (%s/%s, %s)", settings.Version, runtime.GOOS, runtime.GOARCH, runtime.Version())
	return out.print(page)
}
