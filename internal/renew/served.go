package renew

import (
	"context"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/scratch"
)

// ServedFiles writes AWS files for a program that gets its credentials from an
// endpoint: the settings of the named profile, under its name and as the
// default one, without credentials. They are in a directory of their own below
// temp, until remove is called or, if this process is killed, until another one
// calls ServedFiles.
func ServedFiles(ctx context.Context, temp string, own profile.Files, config *profile.Config, name string, now time.Time) (files profile.Files, remove func(), err error) {
	dir, remove, err := scratch.Make(temp, "awsexec-serve-", now)
	if err == nil {
		made := awsfiles.Redirection{Config: awsfiles.WithoutCredentials(config, name), Credentials: []byte{}}
		if files, err = awsfiles.WriteCopies(ctx, dir, own, made, now); err != nil {
			remove()
		}
	}
	if err != nil {
		return profile.Files{}, nil, fmt.Errorf("AWS files for the program: %w", err)
	}
	return files, remove, nil
}
