//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"syscall"
)

// linksOf returns what is known of the other names of the file at path, if it
// has some.
func linksOf(path string) (hardLinked, bool) {
	path, err := filepath.Abs(path)
	if err != nil {
		return hardLinked{}, false
	}
	stat, ok := statOf(path)
	if !ok || stat.Nlink < 2 {
		return hardLinked{}, false
	}
	root, err := filepath.EvalSymlinks(path)
	if err != nil {
		return hardLinked{}, false
	}
	for above := filepath.Dir(root); above != root; above = filepath.Dir(root) {
		if s, ok := statOf(above); !ok || s.Dev != stat.Dev {
			break
		}
		root = above
	}
	return hardLinked{path: path, inode: stat.Ino, root: root}, true
}

func statOf(path string) (*syscall.Stat_t, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return stat, ok
}
