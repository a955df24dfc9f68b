package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/windows"
)

var (
	kernel32              = windows.NewLazySystemDLL("kernel32.dll")
	setConsoleCtrlHandler = kernel32.NewProc("SetConsoleCtrlHandler")
	freeConsole           = kernel32.NewProc("FreeConsole")
	allocConsole          = kernel32.NewProc("AllocConsole")
)

// onEvents calls f for each event of the console (0 is Ctrl-C), which then has
// no other effect on this process.
func onEvents(f func(event uint32)) error {
	ok, _, err := setConsoleCtrlHandler.Call(windows.NewCallback(func(event uint32) uintptr {
		f(event)
		return 1
	}), 1)
	if ok == 0 {
		return err
	}
	return nil
}

// events prints each event of the console, and at the end of its input their
// number. It returns the exit code 7.
func events() int {
	var count atomic.Int32
	err := onEvents(func(event uint32) {
		count.Add(1)
		fmt.Printf("event %d.\n", event)
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready.")
	_, _ = io.Copy(io.Discard, os.Stdin)
	fmt.Printf("total %d.\n", count.Load())
	return 7
}

// press runs args on a new console, copies their output, and presses Ctrl-C on
// "ready.". At the "event …" that follows, it closes their input. It finally
// prints the exit code.
func press(args []string) int {
	_, _, _ = freeConsole.Call()
	ok, _, err := allocConsole.Call()
	if ok == 0 {
		fmt.Fprintln(os.Stderr, "console:", err)
		return 1
	}
	if err = onEvents(func(uint32) {}); err == nil {
		err = pressFor(exec.Command(args[0], args[1:]...))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func pressFor(cmd *exec.Cmd) error {
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fmt.Println(lines.Text())
		switch {
		case lines.Text() == "ready.":
			if err := windows.GenerateConsoleCtrlEvent(windows.CTRL_C_EVENT, 0); err != nil {
				return err
			}
		case strings.HasPrefix(lines.Text(), "event "):
			in.Close()
		}
	}
	_ = cmd.Wait()
	fmt.Printf("ended with %d.\n", uint32(cmd.ProcessState.ExitCode()))
	return nil
}
