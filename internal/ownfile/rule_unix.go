//go:build unix

package ownfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const maxLinks = 40

// open opens the directory at dir. It checks each element of the path, starting
// at the root of the file system: once a directory is known to be safe, nobody
// else can replace what is in it.
func open(dir string, create bool) (*os.Root, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	at := "/"
	info, err := os.Lstat(at)
	if err != nil {
		return nil, err
	}
	rest, links := strings.Split(absolute, "/"), 0
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at = filepath.Dir(at)
			if info, err = os.Lstat(at); err != nil {
				return nil, err
			}
			continue
		}
		if err := checkAbove(dir, at, info); err != nil {
			return nil, err
		}
		next := filepath.Join(at, name)
		if info, err = lookAt(next, create); err != nil {
			return nil, err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		if !trusted(owner(info)) {
			return nil, &RefusedError{Dir: dir, Path: next, Reason: ForeignLink, Owner: owner(info)}
		}
		target, err := os.Readlink(next)
		if err != nil {
			return nil, err
		}
		if links++; links > maxLinks {
			return nil, &fs.PathError{Op: "open", Path: dir, Err: syscall.ELOOP}
		}
		if filepath.IsAbs(target) {
			at = "/"
		}
		if info, err = os.Lstat(at); err != nil {
			return nil, err
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	if !info.IsDir() { // opening a named pipe would wait for a writer
		return nil, &fs.PathError{Op: "open", Path: at, Err: syscall.ENOTDIR}
	}
	root, err := os.OpenRoot(at)
	if err != nil {
		return nil, err
	}
	if err := verify(root, dir, info); err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}

// lookAt returns the FileInfo of path without following a link. If create is
// true, it creates a missing directory.
func lookAt(path string, create bool) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) && create {
		if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		return os.Lstat(path)
	}
	return info, err
}

// checkAbove checks a directory or link above an own directory.
func checkAbove(dir, path string, info fs.FileInfo) error {
	if !info.IsDir() {
		return &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
	}
	if !trusted(owner(info)) {
		return &RefusedError{Dir: dir, Path: path, Reason: ForeignOwner, Owner: owner(info)}
	}
	perm := info.Mode().Perm()
	byOthers := perm&0o002 != 0 || perm&0o020 != 0 && !harmlessGroup(info)
	if byOthers && info.Mode()&fs.ModeSticky == 0 {
		return &RefusedError{Dir: dir, Path: path, Reason: Writable, Owner: owner(info), Mode: info.Mode()}
	}
	return nil
}

// checkOwn checks an own directory.
func checkOwn(path string, info fs.FileInfo) error {
	refused := &RefusedError{Dir: path, Path: path, Owner: owner(info), Mode: info.Mode()}
	switch {
	case refused.Owner != os.Geteuid():
		refused.Reason = ForeignOwner
	case info.Mode().Perm()&0o022 != 0:
		refused.Reason = Writable
	default:
		return nil
	}
	return refused
}

// owner returns the user ID of a file's owner.
func owner(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }

// trusted reports whether the user uid may replace what leads to a directory.
// Root can do so anyway.
func trusted(uid int) bool { return uid == 0 || uid == os.Geteuid() || unmapped(uid) }

// harmlessGroup reports whether the group that may write to a directory is
// root's or the user's private group. Many systems give each user a private
// group and let it write to all of the user's files (umask 002).
func harmlessGroup(info fs.FileInfo) bool {
	group := int(info.Sys().(*syscall.Stat_t).Gid)
	return group == 0 || group == os.Geteuid() && group == os.Getegid()
}
