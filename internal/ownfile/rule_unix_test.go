//go:build unix

package ownfile

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// stranger is a user ID that is neither ours nor root's.
const stranger = 65534

// Each case creates a valid dir/above/own/sub and then makes one thing of it
// unsafe.
func TestRefused(t *testing.T) {
	tests := map[string]struct {
		spoil  func(t *testing.T, dir string)
		path   string // the refused path
		reason Reason
		only   string // the only refused directory below own, if any
	}{
		"writable by others":                   {mode("above/own", 0o707), "above/own", Writable, ""},
		"writable by the group":                {mode("above/own", 0o770), "above/own", Writable, ""},
		"writable and sticky":                  {mode("above/own", 0o777|fs.ModeSticky), "above/own", Writable, ""},
		"another user's":                       {chown("above/own", stranger), "above/own", ForeignOwner, ""},
		"sub writable by others":               {mode("above/own/sub", 0o702), "above/own/sub", Writable, "sub"},
		"sub writable by the group":            {mode("above/own/sub", 0o720), "above/own/sub", Writable, "sub"},
		"sub another user's":                   {chown("above/own/sub", stranger), "above/own/sub", ForeignOwner, "sub"},
		"sub a link":                           {linkTo("above/own/sub", "other"), "above/own/sub", Link, "sub"},
		"above writable by others":             {mode("above", 0o757), "above", Writable, ""},
		"above another user's":                 {chown("above", stranger), "above", ForeignOwner, ""},
		"another user's link above":            {linkOf("above", "other/above", stranger), "above", ForeignLink, ""},
		"another user's link":                  {linkOf("above/own", "../other/above/own", stranger), "above/own", ForeignLink, ""},
		"a link into another user's directory": {all(linkTo("above", "other/above"), chown("other", stranger)), "other", ForeignOwner, ""},
		"a link into a writable directory":     {all(linkTo("above", "other/above"), mode("other", 0o777)), "other", Writable, ""},
		"a link to another user's directory":   {all(linkTo("above/own", "../other/above/own"), chown("other/above/own", stranger)), "above/own", ForeignOwner, ""},
		"a link to a link":                     {all(linkTo("above", "second"), linkOf("second", "other/above", stranger)), "second", ForeignLink, ""},
		"above writable by the group":          {all(mode("above", 0o770), group("above", stranger)), "above", Writable, ""},
		"sticky above, another user's":         {all(mode("above", 0o777|fs.ModeSticky), chown("above/own", stranger)), "above/own", ForeignOwner, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := tree(t)
			tt.spoil(t, dir)
			d := Dir(filepath.Join(dir, "above", "own"))
			check := func(what string, err error) {
				t.Helper()
				refused, ok := errors.AsType[*RefusedError](err)
				if !ok || refused.Path != filepath.Join(dir, tt.path) || refused.Reason != tt.reason || !errors.Is(err, fs.ErrPermission) {
					t.Errorf("%s: %v", what, err)
				}
			}
			check("Check", d.Check())
			_, err := d.Read("sub/f")
			check("Read", err)
			check("Write", d.Write("sub/f", nil))
			check("WriteLazily", d.WriteLazily("sub/new/f", nil))
			check("Remove", d.Remove("sub/f"))
			_, err = d.OpenFile("sub/lock")
			check("OpenFile", err)
			_, err = d.Open(tt.only)
			check("Open", err)
			_, err = d.Make(tt.only)
			check("Make", err)
			if tt.only != "" {
				if _, err := d.Read("f"); err != nil {
					t.Errorf("also refused: %v", err)
				}
			}
		})
	}
}

// Harmless setups that people have are accepted.
func TestTaken(t *testing.T) {
	tests := map[string]func(t *testing.T, dir string){
		"as created":                  func(*testing.T, string) {},
		"readable by others":          mode("above/own", 0o755),
		"above readable by others":    mode("above", 0o755),
		"above sticky":                mode("above", 0o777|fs.ModeSticky),
		"our link":                    linkTo("above/own", "../other/above/own"),
		"our link above":              linkTo("above", "other/above"),
		"an absolute link":            func(t *testing.T, dir string) { linkTo("above", filepath.Join(dir, "other", "above"))(t, dir) },
		"a link of links":             all(linkTo("above", "second"), linkTo("second", "./other/../other//above/")),
		"above writable by our group": all(mode("above", 0o775), group("above", os.Getegid())),
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			dir := tree(t)
			spoil(t, dir)
			d := Dir(filepath.Join(dir, "above", "own"))
			if err := d.Check(); err != nil {
				t.Error(err)
			}
			if got, err := d.Read("sub/f"); err != nil || string(got) != "content" {
				t.Errorf("%q, %v", got, err)
			}
			if err := d.Write("new/g", []byte("x")); err != nil {
				t.Error(err)
			}
		})
	}
}

// A named pipe in place of a directory is an error, and nothing waits for a
// writer.
func TestPipe(t *testing.T) {
	for _, at := range []string{"above", "above/own", "above/own/sub"} {
		dir := tree(t)
		if err := errors.Join(os.RemoveAll(filepath.Join(dir, at)), unix.Mkfifo(filepath.Join(dir, at), 0o700)); err != nil {
			t.Fatal(err)
		}
		d := Dir(filepath.Join(dir, "above", "own"))
		done := make(chan error, 2)
		go func() {
			_, err := d.Read("sub/f")
			done <- err
			done <- d.WriteLazily("sub/f", nil)
		}()
		for range 2 {
			select {
			case err := <-done:
				if err == nil {
					t.Errorf("%s: no error", at)
				}
			case <-time.After(30 * time.Second):
				t.Fatalf("%s: still waiting", at)
			}
		}
	}
}

// A process of another user treats root's directory as foreign if that user may
// write above it.
func TestRootIsAnother(t *testing.T) {
	dir := tree(t)
	if os.Getuid() != 0 {
		missing(t, "needs root, which alone can act as another user")
	}
	for parent := dir; strings.HasPrefix(parent, os.TempDir()+"/"); parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "test") // other users cannot reach the binary in go test's own directory
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	mode("above", 0o777)(t, dir)
	mode("above/own", 0o755)(t, dir)
	run := func(want string) {
		t.Helper()
		cmd := exec.Command(program, "-test.run=^TestAsStranger$")
		cmd.Env = append(os.Environ(), strangerDir+"="+filepath.Join(dir, "above", "own"))
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stranger, Gid: stranger}}
		cmd.Dir = "/"
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: %s, want %q", err, out, want)
		}
	}
	run("above is writable by other users")
	mode("above", 0o755)(t, dir)
	run("belongs to another user (uid 0)")
	chown("above/own", stranger)(t, dir)
	run("no such file") // root's own directories above are safe
}

const strangerDir = "OWNFILE_TEST_DIR"

// TestAsStranger is the process that TestRootIsAnother starts.
func TestAsStranger(t *testing.T) {
	dir := os.Getenv(strangerDir)
	if dir == "" {
		return // it is a process of TestRootIsAnother
	}
	_, err := Dir(dir).Read("none")
	os.Stdout.WriteString(err.Error() + "\n")
}

// Only the user may use what is created, whatever the umask is and whatever is
// above.
func TestModes(t *testing.T) {
	for _, mask := range []int{0, 0o002, 0o077} {
		dir := tree(t)
		old := unix.Umask(mask)
		err := Dir(filepath.Join(dir, "above", "new", "own")).Write("sub/f", nil)
		unix.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]fs.FileMode{"new": 0o700, "new/own": 0o700, "new/own/sub": 0o700, "new/own/sub/f": 0o600} {
			if fi, err := os.Stat(filepath.Join(dir, "above", name)); err != nil || fi.Mode().Perm() != want {
				t.Errorf("umask %03o: %s: %v, %v", mask, name, fi.Mode(), err)
			}
		}
	}
}

// Only regular files are read, opened or replaced.
func TestOtherThanFiles(t *testing.T) {
	dir := tree(t)
	d := Dir(filepath.Join(dir, "above", "own"))
	if err := unix.Mkfifo(filepath.Join(string(d), "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	linkTo("above/own/link", "f")(t, dir)
	linkTo("above/own/dangling", "elsewhere")(t, dir)
	for _, name := range []string{"pipe", "link", "dangling", "sub"} {
		if _, err := d.Read(name); err == nil {
			t.Errorf("%s was read", name)
		}
		if err := d.Write(name, nil); err == nil {
			t.Errorf("%s was replaced", name)
		}
		if f, err := d.OpenFile(name); err == nil {
			f.Close()
			t.Errorf("%s was opened", name)
		}
	}
	loop := Dir(filepath.Join(dir, "loop"))
	linkTo("loop", "loop")(t, dir)
	if err := loop.Write("f", nil); !errors.Is(err, syscall.ELOOP) {
		t.Error(err)
	}
}

// tree creates above/own/sub and other/above/own/sub, with a file in each own
// and sub, in a new directory.
func tree(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir()) // macOS has a link above
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, above := range []string{"above", "other/above"} {
		sub := filepath.Join(dir, above, "own", "sub")
		if err := os.MkdirAll(sub, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{filepath.Join(sub, "f"), filepath.Join(sub, "..", "f")} {
			if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func mode(name string, m fs.FileMode) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.Chmod(filepath.Join(dir, name), m); err != nil {
			t.Fatal(err)
		}
	}
}

func chown(name string, uid int) func(*testing.T, string) { return give(name, uid, -1) }

func group(name string, gid int) func(*testing.T, string) { return give(name, -1, gid) }

func give(name string, uid, gid int) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if os.Getuid() != 0 && (uid >= 0 || gid != os.Getegid()) {
			missing(t, "needs root, which alone can give files away")
		}
		if err := os.Lchown(filepath.Join(dir, name), uid, gid); err != nil {
			t.Fatal(err)
		}
	}
}

// linkTo returns a function that replaces what is at a path with a link.
func linkTo(name, target string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
}

func linkOf(name, target string, uid int) func(*testing.T, string) {
	return all(linkTo(name, target), chown(name, uid))
}

func all(steps ...func(*testing.T, string)) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		for _, step := range steps {
			step(t, dir)
		}
	}
}

// missing skips a test that lacks what it needs, or fails it if nothing may be
// missing.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" && runtime.GOOS == "linux" {
		t.Fatal(why)
	}
	t.Skip(why)
}
