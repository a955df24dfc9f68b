package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/readfile"
	"github.com/awsexec/awsexec/keystore"
)

// hintOfDirectory returns the hint for a directory that is not used because
// others could write to it.
func hintOfDirectory(refused *ownfile.RefusedError, a *advisor) string {
	variable := "XDG_CACHE_HOME"
	if a.settings != nil {
		if data, err := a.settings.DataDir(); err == nil && isBelow(refused.Dir, data) {
			variable = "XDG_DATA_HOME"
		}
		if cache, err := a.settings.CacheDir(); err == nil && !isBelow(refused.Dir, cache) && variable != "XDG_DATA_HOME" {
			variable = "TMPDIR"
		}
	}
	other := fmt.Sprintf("use a directory in a place that only you can write to: export %s=DIRECTORY", variable)
	if fix := fixOfDirectory(refused); fix != "" {
		return "fix it: " + fix + "\nor " + other
	}
	return other
}

// fixOfDirectory returns the command that makes a directory usable again; "" if
// only another user can do that.
func fixOfDirectory(refused *ownfile.RefusedError) string {
	path, own := quoteWord(refused.Path), refused.Path == refused.Dir
	info, err := os.Stat(refused.Path)
	switch {
	case refused.Reason == ownfile.Link && err == nil && info.Mode().IsRegular(): // keys may be in it
		copied := quoteWord(refused.Path + ".copy")
		return fmt.Sprintf("cp %s %s && mv %s %s", path, copied, copied, path)
	case refused.Reason == ownfile.Link || refused.Reason == ownfile.ForeignLink:
		return "rm " + path
	case refused.Reason == ownfile.ForeignOwner && own:
		return fmt.Sprintf("mv %s %s", path, quoteWord(refused.Path+".foreign"))
	case refused.Owner != os.Geteuid():
		return ""
	case own:
		return "chmod 700 " + path
	}
	return "chmod go-w " + path
}

// hintOfFile returns the hint for a file that cannot be understood, that is too large
// or not a regular one, or that is where a directory should be.
func hintOfFile(err error, a *advisor, _ string) string {
	if parse, ok := errors.AsType[*awsini.ParseError](err); ok {
		return editCommand(explain.Place{Pos: parse.Pos}, "correct it")
	}
	path := ""
	if odd, ok := errors.AsType[*readfile.NotRegularError](err); ok {
		path = odd.Path
	} else if large, ok := errors.AsType[*readfile.TooLargeError](err); ok {
		path = large.Path
	} else if of, ok := errors.AsType[*fs.PathError](err); ok && errors.Is(err, syscall.ENOTDIR) {
		path = of.Path
	}
	if path == "" || errors.Is(err, keystore.ErrCorrupt) && filepath.Ext(path) == ".age" { // keys may be in it
		return ""
	}
	for _, variable := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CA_BUNDLE"} {
		if a.settings.Env(variable) == path {
			return "name another file in " + variable
		}
	}
	for _, dir := range []func() (string, error){a.settings.DataDir, a.settings.CacheDir} {
		if own, err := dir(); err == nil && isBelow(path, own) {
			return fmt.Sprintf("move it away: mv %s %s", quoteWord(path), quoteWord(path+".odd"))
		}
	}
	return ""
}

// isBelow reports whether path is dir or below it.
func isBelow(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
