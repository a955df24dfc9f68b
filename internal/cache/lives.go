package cache

import (
	"cmp"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// OtherLives returns the files of the sessions that differ from the one of file in
// nothing but their life: those that are fresh first, then those that expire last.
// It opens none. What their headers say is not authenticated, so the caller opens
// one after the other.
func OtherLives(in ownfile.Dir, file string, now time.Time) []string {
	below, own := path.Split(file)
	below = strings.TrimSuffix(below, "/")
	identity, _, _ := strings.Cut(own, lifeMark)
	names, err := in.Names(below, -1)
	names = slices.DeleteFunc(names, func(name string) bool {
		return name == own || !strings.HasPrefix(name, identity+lifeMark) || path.Ext(name) != suffix
	})
	if err != nil || len(names) == 0 {
		return nil
	}
	dir, err := in.Open(below)
	if err != nil {
		return nil
	}
	defer dir.Close()
	type life struct {
		name    string
		session Session
	}
	var lives []life
	for _, name := range names {
		if s, ok := peekIn(dir, name); ok {
			lives = append(lives, life{name, s})
		}
	}
	slices.SortFunc(lives, func(a, b life) int {
		fresh := a.session.Fresh(now)
		switch {
		case fresh == b.session.Fresh(now):
			return cmp.Or(cmp.Compare(b.session.Left(now), a.session.Left(now)), cmp.Compare(a.name, b.name))
		case fresh:
			return -1
		default:
			return 1
		}
	})
	files := make([]string, len(lives))
	for i, l := range lives {
		files[i] = below + "/" + l.name
	}
	return files
}

// peekIn returns what the header of a session's file says, unauthenticated.
func peekIn(dir *os.Root, name string) (Session, bool) {
	f, err := readfile.OpenIn(dir, name, os.O_RDONLY)
	if err != nil {
		return Session{}, false
	}
	defer f.Close()
	header := make([]byte, SessionHeader)
	if _, err := io.ReadFull(f, header); err != nil {
		return Session{}, false
	}
	s, err := Peek(header)
	return s, err == nil
}
