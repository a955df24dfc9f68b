package term

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

// shell returns a command that runs the command line as it is: with /S, cmd.exe
// removes the outer quotes and nothing else.
func shell(ctx context.Context, command string) *exec.Cmd {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		system = `C:\Windows\System32`
	}
	path := filepath.Join(system, "cmd.exe")
	cmd := exec.CommandContext(ctx, path)
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `"` + path + `" /S /C "` + command + `"`}
	return cmd
}

// openInput opens the console for a child to read.
func openInput() (*os.File, error) {
	h, err := openConsole("CONIN$")
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), "CONIN$"), nil
}
