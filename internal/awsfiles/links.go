package awsfiles

import (
	"slices"

	"github.com/awsexec/awsexec/internal/profile"
)

// HardLink is a file that has other names. It keeps its content under those when
// a new file takes its place.
type HardLink struct {
	Path  string
	Inode uint64
	Root  string // of the part of its file system that has all its names
}

// HardLinks returns the AWS files that have other names.
func HardLinks(files profile.Files) []HardLink {
	var all []HardLink
	for _, path := range slices.Compact([]string{files.Config, files.Credentials}) {
		if l, ok := linksOf(path); ok {
			all = append(all, l)
		}
	}
	return all
}
