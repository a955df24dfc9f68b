package awsfiles

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/atomicfile"
	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// The name of a copy is a hash of its content, so that it never changes while a
// program uses it. Its first line names the file that it was made from: awsexec,
// when a program with copies calls it, reads the user's own files. Copies hold no
// secrets.
const (
	prefix = "awsexec-refresh-"          // of the names of all copies
	mark   = "# awsexec made this from " // and a quoted path: the start of a copy

	keep      = 30 * 24 * time.Hour // how long an unused copy is kept
	touchEach = 24 * time.Hour      // how often a copy in use is marked as such
)

// WriteCopies writes the files of r, which were made from the user's own files, into
// dir and returns their paths. For a file that r lacks it returns the user's own. It
// removes copies that have not been used for 30 days. Several processes may call it
// at once. The directory is awsexec's own (see package ownfile): whoever can write
// to a copy can make the program run a command.
func WriteCopies(ctx context.Context, dir string, own profile.Files, r Redirection, now time.Time) (profile.Files, error) {
	release, err := flock.Lock(ctx, filepath.Join(dir, "lock"))
	if err != nil {
		return profile.Files{}, err
	}
	defer release()
	root, err := ownfile.Dir(dir).Open("")
	if err != nil {
		return profile.Files{}, err
	}
	defer root.Close()
	files := own
	if files.Config, err = write(root, "config", own.Config, r.Config, now); err != nil {
		return profile.Files{}, err
	}
	if r.Credentials != nil {
		if files.Credentials, err = write(root, "credentials", own.Credentials, r.Credentials, now); err != nil {
			return profile.Files{}, err
		}
	}
	tidy(root, now)
	return files, nil
}

func write(dir *os.Root, kind, own string, data []byte, now time.Time) (string, error) {
	if own != "" {
		absolute, err := filepath.Abs(own) // whoever reads the copy may be in another directory
		if err != nil {
			return "", err
		}
		own = absolute
	}
	data = append(fmt.Appendf(nil, "%s%q; changes belong there\n", mark, own), data...)
	sum := sha256.Sum256(data)
	name := fmt.Sprintf("%s%x.%s", prefix, sum[:16], kind)
	if old, err := atomicfile.ReadIn(dir, name, readfile.MaxAWS); err != nil || !bytes.Equal(old, data) {
		if err := atomicfile.WriteIn(dir, name, data, true); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir.Name(), name), dir.Chtimes(name, now, now)
}

// tidy removes old copies, and what killed processes left behind. The caller holds
// the lock.
func tidy(dir *os.Root, now time.Time) {
	entries, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		unfinished := strings.HasPrefix(e.Name(), "."+prefix)
		if err == nil && (unfinished || strings.HasPrefix(e.Name(), prefix) && now.Sub(info.ModTime()) > keep) {
			_ = atomicfile.RemoveIn(dir, e.Name()) // the next one tries again
		}
	}
}

// Own returns the user's own files if files are copies that WriteCopies made of
// them, and marks these as used. It returns other files as they are, without
// reading them.
func Own(files profile.Files, now time.Time) (profile.Files, error) {
	var err error
	if files.Config, err = own(files.Config, now); err != nil {
		return profile.Files{}, err
	}
	files.Credentials, err = own(files.Credentials, now)
	return files, err
}

func own(path string, now time.Time) (string, error) {
	if !strings.HasPrefix(filepath.Base(path), prefix) {
		return path, nil
	}
	dir, err := ownfile.Dir(filepath.Dir(path)).Open("")
	if errors.Is(err, fs.ErrNotExist) {
		return "", goneError(path)
	}
	if err != nil {
		return "", err
	}
	defer dir.Close()
	f, err := readfile.OpenIn(dir, filepath.Base(path), os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return "", goneError(path)
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, 64<<10)).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	quoted, ok := strings.CutPrefix(line, mark)
	if !ok {
		return path, nil // somebody's own file after all
	}
	if quoted, err = strconv.QuotedPrefix(quoted); err != nil {
		return "", fmt.Errorf("%s:1: no path behind %q", path, strings.TrimSpace(mark))
	}
	if info, err := f.Stat(); err == nil && now.Sub(info.ModTime()) > touchEach {
		_ = dir.Chtimes(filepath.Base(path), now, now) // at worst it is tidied away early
	}
	return strconv.Unquote(quoted)
}

func goneError(path string) error {
	return fmt.Errorf("%s, which awsexec --refresh has made, is gone: start the program again", path)
}
