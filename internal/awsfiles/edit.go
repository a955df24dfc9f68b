package awsfiles

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/awsexec/awsexec/internal/atomicfile"
	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// BackupSuffix is put behind the name of an AWS file for the copy that is kept of it before it is changed.
const BackupSuffix = ".before-awsexec"

// Lock keeps every other awsexec from editing AWS files, so that none undoes what another did. Dir is the data directory.
func Lock(ctx context.Context, dir string) (release func(), err error) {
	return flock.Lock(ctx, filepath.Join(dir, "aws-files.lock"))
}

// Edit replaces the AWS file at path by what edit makes of it; a process that is killed leaves the old file or the new one. With backup it
// first keeps a copy of what was there, without the secrets: one with them would outlive the move of a key into the keystore. It reports
// whether it changed the file, and whether it kept a copy. The caller holds the lock.
func Edit(path string, backup bool, edit func(old []byte) (data []byte, changed bool, err error)) (changed, kept bool, err error) {
	if path == "" {
		return false, false, errors.New("there is no AWS config file to write to: HOME is not set")
	}
	atomicfile.Tidy(path)
	atomicfile.Tidy(path + BackupSuffix)
	old, err := readfile.Read(path, readfile.MaxAWS)
	exists := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, false, err
	}
	defer clear(old) // they hold keys, perhaps
	data, changed, err := edit(old)
	defer clear(data)
	if err != nil || !changed {
		return false, false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return false, false, err
	}
	if exists && backup {
		if err := atomicfile.Write(path+BackupSuffix, profile.Redact(old), 0o600); err != nil {
			return false, false, err
		}
		kept = true
	}
	return true, kept, atomicfile.Write(path, data, 0o600)
}
