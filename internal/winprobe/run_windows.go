package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// run runs args and prints the exit code that a program sees.
func run(args []string) int {
	code, err := wait(exec.Command(args[0], args[1:]...))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Printf("ended with %d.\n", uint32(code))
	return 0
}

// runIn runs args for a user with the home dir.
func runIn(dir string, args []string) int {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "USERPROFILE="+dir, "LOCALAPPDATA="+filepath.Join(dir, "AppData", "Local"))
	code, err := wait(cmd)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func wait(cmd *exec.Cmd) (exitCode int, err error) {
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	return cmd.ProcessState.ExitCode(), nil
}
