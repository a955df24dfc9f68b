package main

import (
	"context"
	"runtime"
)

// versionCmd prints the version.
type versionCmd struct{}

func (versionCmd) Run(_ context.Context, a *app) error {
	return a.ui.print("awsexec %s (%s/%s, %s)\n", version, runtime.GOOS, runtime.GOARCH, runtime.Version())
}
