// Package helpertest makes a test binary a credential helper.
package helpertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker-credential-helpers/credentials"
)

// Program is the name of the helper.
const Program = "docker-credential-test"

// The helper's own variables.
const (
	scriptVariable = "HELPERTEST_SCRIPT" // how it behaves, see Environ
	dirVariable    = "HELPERTEST_ITEMS"  // the directory of its items
)

// marker is in all secrets of tests.
const marker = "S3CR3TMARKER"

// Main ends the process if it was started as the helper. TestMain calls it
// first.
func Main() {
	if strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe") == Program {
		Serve()
	}
}

// Serve is the helper. It ends the process.
func Serve() { os.Exit(run(os.Getenv(scriptVariable))) }

// Environ returns the environment in which the helper behaves as script says:
//
//	""              it keeps items in files
//	say:STATUS:TEXT it prints TEXT and exits with STATUS
//	stderr:TEXT     it prints TEXT to standard error and exits with 1
//	hang            it does nothing for an hour
//	until:FILE      it waits until FILE exists, and then works
//	kill:N          it kills its parent before (N odd) or after (N even) the call
//	                number (N+1)/2 of those with this directory of items
//	flood           it prints more than anybody wants to read
//
// The helper is on the PATH of the test, and in that of the environment.
func Environ(t *testing.T, script string) []string {
	t.Helper()
	bin, name := t.TempDir(), Program
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, name)); err != nil {
		t.Skip(err) // Windows without the right to do so
	}
	for name, value := range map[string]string{
		"PATH": bin + string(os.PathListSeparator) + os.Getenv("PATH"), scriptVariable: script, dirVariable: t.TempDir(),
	} {
		t.Setenv(name, value)
	}
	return os.Environ()
}

// run behaves as script says and returns the exit status.
func run(script string) int {
	verb, rest, _ := strings.Cut(script, ":")
	switch verb {
	case "say":
		status, text, _ := strings.Cut(rest, ":")
		fmt.Println(text)
		if status == "0" {
			return 0
		}
		return 1
	case "stderr":
		fmt.Fprintln(os.Stderr, rest)
		return 1
	case "hang":
		time.Sleep(time.Hour)
	case "until":
		for {
			if _, err := os.Stat(rest); err == nil {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
	case "kill":
		at, err := strconv.Atoi(rest)
		if err != nil {
			panic(err)
		}
		if n := count(); n == (at+1)/2 {
			if at%2 == 0 {
				serve()
			}
			parent, err := os.FindProcess(os.Getppid())
			if err != nil {
				panic(err)
			}
			_ = parent.Kill()
			return 1
		}
	case "flood":
		for range 1 << 20 {
			fmt.Println(strings.Repeat(marker, 100))
		}
	}
	return serve()
}

// serve does what the protocol says and returns the exit status.
func serve() int {
	if err := credentials.HandleCommand(files(os.Getenv(dirVariable)), os.Args[1], os.Stdin, os.Stdout); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// count returns how often it was called with this directory of items.
func count() int {
	f, err := os.OpenFile(filepath.Join(os.Getenv(dirVariable), "calls"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	if _, err := f.WriteString("."); err != nil {
		panic(err)
	}
	info, err := f.Stat()
	if err != nil {
		panic(err)
	}
	return int(info.Size())
}

// files is a helper that keeps each item in a file.
type files string

func (f files) path(url string) string {
	return filepath.Join(string(f), strings.ReplaceAll(strings.TrimPrefix(url, "https://"), "/", "!"))
}

func (f files) Add(c *credentials.Credentials) error {
	b, err := json.Marshal(c)
	return errors.Join(err, os.WriteFile(f.path(c.ServerURL), b, 0o600))
}

func (f files) Delete(url string) error { return os.Remove(f.path(url)) }

func (f files) Get(url string) (string, string, error) {
	var c credentials.Credentials
	b, err := os.ReadFile(f.path(url))
	if errors.Is(err, os.ErrNotExist) {
		return "", "", credentials.NewErrCredentialsNotFound()
	}
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	return c.Username, c.Secret, err
}

func (f files) List() (map[string]string, error) { return nil, errors.New("not needed") }
