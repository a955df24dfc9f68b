//go:build unix

package awsfiles

import (
	"os"
	"path/filepath"
	"syscall"
)

// linksOf returns what is known about the other names of the file at path, if
// it has any.
func linksOf(path string) (HardLink, bool) {
	path, err := filepath.Abs(path)
	if err != nil {
		return HardLink{}, false
	}
	stat, ok := statOf(path)
	if !ok || stat.Nlink < 2 {
		return HardLink{}, false
	}
	root, err := filepath.EvalSymlinks(path)
	if err != nil {
		return HardLink{}, false
	}
	for above := filepath.Dir(root); above != root; above = filepath.Dir(root) {
		if s, ok := statOf(above); !ok || s.Dev != stat.Dev {
			break
		}
		root = above
	}
	return HardLink{Path: path, Inode: stat.Ino, Root: root}, true
}

func statOf(path string) (*syscall.Stat_t, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return stat, ok
}
