package cli

import (
	"context"
	"runtime"
)

// versionCmd prints the version.
type versionCmd struct{}

func (versionCmd) Run(_ context.Context, a *app) error {
	page := a.ui.page(0)
	page.line("awsexec %s (%s/%s, %s)", a.version, runtime.GOOS, runtime.GOARCH, runtime.Version())
	return a.ui.print(page)
}
