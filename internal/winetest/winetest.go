//go:build linux

package winetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrMissing reports that a part is not installed.
var ErrMissing = errors.New("not installed")

// Machine is a Windows machine, which Wine calls a prefix.
type Machine struct {
	wine, server string
	dir          string
	env          []string
}

// bootTime limits how long creating or closing a prefix may take.
const bootTime = 3 * time.Minute

// Start creates a Windows machine without a display in dir, an empty directory.
// The caller must Close it.
func Start(dir string) (*Machine, error) {
	m := &Machine{dir: dir, env: []string{
		"HOME=" + dir,
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"LANG=C.UTF-8",
		"WINEPREFIX=" + filepath.Join(dir, "prefix"),
		"WINEDEBUG=-all",
		"WINEDLLOVERRIDES=mscoree=;mshtml=;winemenubuilder.exe=", // no offers to download components, no menu entries
	}}
	for program, path := range map[string]*string{"wine": &m.wine, "wineserver": &m.server} {
		found, err := exec.LookPath(program)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", program, ErrMissing)
		}
		*path = found
	}
	if err := os.Mkdir(m.Prefix(), 0o700); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), bootTime)
	defer cancel()
	// Starting Wine's server and the Windows services takes seconds, so they
	// stay for a while when no program runs. After that the server ends even if
	// nobody closes the machine.
	err := m.tool(exec.CommandContext(ctx, m.server, "--persistent=60"))
	if err == nil {
		err = m.tool(exec.CommandContext(ctx, m.wine, "wineboot", "--init"))
	}
	if err == nil {
		err = m.addPrimitives(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// Environ returns the environment, on this system, in which Wine uses the
// machine. Programs get it too, except for the variables that Windows sets
// itself, such as PATH, TEMP and USERPROFILE.
func (m *Machine) Environ() []string { return append([]string{}, m.env...) }

// Prefix returns the directory that holds the machine's disk, drive_c, and its
// registry.
func (m *Machine) Prefix() string { return filepath.Join(m.dir, "prefix") }

// Args returns the command line that runs a Windows program. The program is a
// path on this system or in Windows.
func (m *Machine) Args(program string, args ...string) []string {
	return append([]string{m.wine, program}, args...)
}

// Close ends all processes of the machine and waits until none is left.
func (m *Machine) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), bootTime)
	defer cancel()
	// Both fail if the server has already ended because no process was left.
	_ = m.tool(exec.CommandContext(ctx, m.server, "--kill"))
	_ = m.tool(exec.CommandContext(ctx, m.server, "--wait"))
	return ctx.Err()
}

func (m *Machine) tool(cmd *exec.Cmd) error {
	cmd.Env = m.env
	cmd.Dir = m.dir
	cmd.WaitDelay = time.Second
	// The first process starts the server, which inherits this output. A pipe
	// would stay open as long as the server runs; a file does no harm.
	output, err := os.CreateTemp(m.dir, "output-*")
	if err != nil {
		return err
	}
	defer output.Close()
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(output.Name())
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, text)
	}
	return nil
}

// Path returns the Windows path of a file of this system.
func Path(path string) string { return "Z:" + strings.ReplaceAll(path, "/", `\`) }
