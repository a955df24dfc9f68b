package renew

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/scratch"
)

// Served are the files of a program that gets its credentials from an endpoint.
type Served struct {
	AWS   profile.Files // the settings of its profile, without credentials
	Token string        // the file that holds the token of the endpoint
}

// ServedFiles writes the files of a program that gets the credentials of the named
// profile from an endpoint with token. They are in a directory of their own below
// temp, which only this user can read, until remove is called or, if this process is
// killed, until another one calls ServedFiles. Elsewhere says that the program does not
// see this machine's other files.
func ServedFiles(ctx context.Context, temp string, own profile.Files, config *profile.Config, name, token string, elsewhere bool, now time.Time) (files Served, remove func(), err error) {
	dir, remove, err := scratch.Make(temp, "awsexec-serve-", now)
	if err != nil {
		return Served{}, nil, fmt.Errorf("files for the program: %w", err)
	}
	text := awsfiles.WithoutCredentials(config, name)
	if elsewhere {
		text = awsfiles.Elsewhere(text)
	}
	made := awsfiles.Redirection{Config: text, Credentials: []byte{}}
	files.AWS, err = awsfiles.WriteCopies(ctx, dir, own, made, now)
	if err == nil {
		files.Token = filepath.Join(dir, "token")
		err = os.WriteFile(files.Token, []byte(token), 0o600) // SDKs refuse a line break behind it
	}
	if err != nil {
		remove()
		return Served{}, nil, fmt.Errorf("files for the program: %w", err)
	}
	return files, remove, nil
}
