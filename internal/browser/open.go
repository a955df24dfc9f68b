package browser

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	system "github.com/cli/browser"

	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/guard"
)

// ErrNone means that there is no browser here, as far as is known.
var ErrNone = errors.New("there is no browser here")

// Choice is which browser the user wants. The first that is set counts.
type Choice struct {
	Command string // a command line
	List    string // BROWSER: command lines, of which the first that is there is run
}

// Check returns the error that Open would return because no browser is there, before
// there is a page.
func (c Choice) Check(environ []string) error {
	if c.Command != "" {
		words, err := Page{}.words(c.Command)
		if err != nil {
			return err
		}
		_, err = exec.LookPath(words[0])
		return notStarted(words[0], err)
	}
	if c.List != "" {
		err := ErrNone
		for _, command := range filepath.SplitList(c.List) {
			if err = (Choice{Command: command}).Check(environ); command != "" && err == nil {
				return nil
			}
		}
		return err
	}
	if !hasDesktop(runtime.GOOS, environ) {
		return ErrNone
	}
	return nil
}

// Open shows a page in a browser, which gets the given environment. What it returns
// receives how the program that was run has ended; that may have handed the page on to
// a browser that was running, or be the browser.
func Open(c Choice, p Page, environ []string) (ended <-chan error, err error) {
	if c.Command != "" {
		words, err := p.words(c.Command)
		if err != nil {
			return nil, err
		}
		return start(words, environ)
	}
	if c.List != "" {
		return openOne(filepath.SplitList(c.List), p, environ)
	}
	if !hasDesktop(runtime.GOOS, environ) {
		return nil, ErrNone
	}
	return openDefault(p.URL, environ)
}

// openOne runs the first of several browsers that is there.
func openOne(commands []string, p Page, environ []string) (ended <-chan error, err error) {
	err = ErrNone
	for _, command := range commands {
		words, wrong := p.words(command)
		if wrong == nil {
			ended, wrong = start(words, environ)
		}
		if wrong == nil {
			return ended, nil
		}
		err = wrong
	}
	return nil, err
}

// start runs a browser. It has no input, and its output, which is noise, is dropped.
func start(words, environ []string) (<-chan error, error) {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = environ
	if err := guard.Start(cmd.Start); err != nil {
		return nil, notStarted(words[0], err)
	}
	ended := make(chan error, 1)
	fault.Go(func() { ended <- cmd.Wait() })
	return ended, nil
}

// notStarted returns the error for a browser that cannot be run, nil if err is nil.
func notStarted(program string, err error) error {
	if e, ok := errors.AsType[*exec.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("start the browser %s: %w", program, err)
}

// openDefault shows a page in the desktop's browser.
func openDefault(url string, environ []string) (<-chan error, error) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	var nowhere io.Writer = null // a file, which outlives this process
	system.Stdout, system.Stderr = nowhere, nowhere
	limitEnvironment(environ)
	ended := make(chan error, 1)
	fault.Go(func() {
		defer null.Close()
		err := guard.Start(func() error { return system.OpenURL(url) })
		if errors.Is(err, exec.ErrNotFound) {
			err = ErrNone
		}
		ended <- err
	})
	return ended, nil
}

// limitEnvironment takes out of this process's environment what is not in environ:
// github.com/cli/browser hands on all of it.
func limitEnvironment(environ []string) {
	keep := map[string]bool{}
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		keep[name] = true
	}
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); !keep[name] {
			_ = os.Unsetenv(name)
		}
	}
}

// hasDesktop reports whether a browser could show its windows. Without a display the
// tools that look for a browser take one for terminals, where the console does not
// work.
func hasDesktop(goos string, environ []string) bool {
	if goos == "windows" || goos == "darwin" { // by way of SSH, nobody sees it
		return !slices.ContainsFunc(environ, func(kv string) bool { return strings.HasPrefix(kv, "SSH_CONNECTION=") })
	}
	for _, kv := range environ {
		switch name, value, _ := strings.Cut(kv, "="); name {
		case "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME":
			if value != "" {
				return true
			}
		}
	}
	return false
}
