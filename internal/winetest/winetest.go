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

// ErrMissing says which part is not installed.
var ErrMissing = errors.New("not installed")

// Machine is a Windows machine: what Wine calls a prefix.
type Machine struct {
	wine, server string
	dir          string
	env          []string
}

// bootTime bounds the making of a prefix, and its end.
const bootTime = 3 * time.Minute

// Start makes a Windows machine in dir, an empty directory, without a display. Close ends its processes.
func Start(dir string) (*Machine, error) {
	m := &Machine{dir: dir, env: []string{
		"HOME=" + dir,
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"LANG=C.UTF-8",
		"WINEPREFIX=" + filepath.Join(dir, "prefix"),
		"WINEDEBUG=-all",
		"WINEDLLOVERRIDES=mscoree=;mshtml=;winemenubuilder.exe=", // no offers to download them, no entries in menus
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
	// The server and the services of Windows, whose start takes seconds, stay for a while when no program runs. The server would end
	// itself then even if nobody closed the machine.
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

// Environ is the environment, of this system, in which Wine uses the machine. Programs get it too, but for what Windows has of its own:
// PATH, TEMP, USERPROFILE and so on.
func (m *Machine) Environ() []string { return append([]string{}, m.env...) }

// Prefix is the directory of the machine's disk, drive_c, and its registry.
func (m *Machine) Prefix() string { return filepath.Join(m.dir, "prefix") }

// Args is the command line that runs a Windows program, given by its path in this system or in Windows.
func (m *Machine) Args(program string, args ...string) []string {
	return append([]string{m.wine, program}, args...)
}

// Close ends all processes of the machine and waits until none is left.
func (m *Machine) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), bootTime)
	defer cancel()
	// Both fail when the server has already gone for want of processes.
	_ = m.tool(exec.CommandContext(ctx, m.server, "--kill"))
	_ = m.tool(exec.CommandContext(ctx, m.server, "--wait"))
	return ctx.Err()
}

func (m *Machine) tool(cmd *exec.Cmd) error {
	cmd.Env = m.env
	cmd.Dir = m.dir
	cmd.WaitDelay = time.Second
	// The first process starts the server, which would hold a pipe open; a file it may.
	said, err := os.CreateTemp(m.dir, "said-*")
	if err != nil {
		return err
	}
	defer said.Close()
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(said.Name())
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, text)
	}
	return nil
}

// Path is how Windows names a file of this system.
func Path(path string) string { return "Z:" + strings.ReplaceAll(path, "/", `\`) }
