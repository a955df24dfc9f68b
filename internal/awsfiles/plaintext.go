package awsfiles

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// maxSearched bounds how many files of a directory are searched.
const maxSearched = 500

// PlaintextCopies returns the files in the directories of the AWS files that
// hold secret: an editor's backups and swap files, copies that a person made,
// and the AWS files themselves, under the names that they have in files. It
// skips what it cannot read.
func PlaintextCopies(files profile.Files, secret string) []string {
	var found []string
	for _, dir := range directoriesOf(files) {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries[:min(len(entries), maxSearched)] {
			path := filepath.Join(dir, e.Name())
			data, err := readfile.Read(path, readfile.MaxAWS)
			if err != nil {
				continue
			}
			holds := bytes.Contains(data, []byte(secret))
			clear(data)
			if !holds {
				continue
			}
			for _, own := range []string{files.Config, files.Credentials} {
				if sameFile(path, own) {
					path = own
				}
			}
			if !slices.Contains(found, path) {
				found = append(found, path)
			}
		}
	}
	return found
}

// directoriesOf returns the directories of the AWS files, and of what these
// link to.
func directoriesOf(files profile.Files) []string {
	var dirs []string
	for _, path := range []string{files.Config, files.Credentials} {
		if path == "" {
			continue
		}
		dirs = append(dirs, filepath.Dir(path))
		if target, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(target))
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// sameFile reports whether two paths lead to one file that exists.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
