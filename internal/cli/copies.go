package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// maxCopies bounds how many files of a directory are looked at.
const maxCopies = 500

// plaintextCopies returns the files in the directories of the AWS files that
// hold secret: an editor's backups and swap files, copies that a person made,
// and the AWS files themselves under the names that they are known by. It sees
// what it can read.
func plaintextCopies(files profile.Files, secret string) []string {
	var found []string
	for _, dir := range directoriesOf(files) {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries[:min(len(entries), maxCopies)] {
			path := filepath.Join(dir, e.Name())
			data, err := readfile.Read(path, readfile.MaxAWS)
			if err != nil || !bytes.Contains(data, []byte(secret)) {
				continue
			}
			clear(data)
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

// hardLinks returns the AWS files that have other names. A file keeps its
// content under those when a new one takes its place.
func hardLinks(files profile.Files) []hardLinked {
	var all []hardLinked
	for _, path := range slices.Compact([]string{files.Config, files.Credentials}) {
		if l, ok := linksOf(path); ok {
			all = append(all, l)
		}
	}
	return all
}

// hardLinked is a file that has other names.
type hardLinked struct {
	path  string
	inode uint64
	root  string // of its file system, which has all its names
}

// warnOfCopies warns where keys that were moved are still in plaintext. links is
// what hardLinks returned before.
func warnOfCopies(out *ui, files profile.Files, backedUp []string, moved []clearKey, links []hardLinked) {
	for _, l := range links {
		if slices.Contains(backedUp, l.path) {
			out.warn(fmt.Errorf("%s had other names (hard links), under which its keys are still in plaintext", l.path),
				fmt.Sprintf("find them, and delete them if nothing needs them: find %s -xdev -inum %d", quoteWord(l.root), l.inode))
		}
	}
	for _, k := range moved {
		for _, path := range plaintextCopies(files, k.credentials().SecretAccessKey) {
			advice := "delete it if nothing needs it: rm " + quoteWord(path)
			if path == files.Config || path == files.Credentials {
				advice = "take it out with an editor; it is in a comment, or in another profile"
			}
			out.warn(fmt.Errorf("the secret of profile %q is still in plaintext in %s", k.name, path), advice)
		}
	}
}

// sameFile reports whether two paths lead to one file that is there.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
