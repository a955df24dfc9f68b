package main

import (
	"bufio"
	"errors"
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
	allocConsole          = kernel32.NewProc("AllocConsole")
	freeConsole           = kernel32.NewProc("FreeConsole")
)

// run runs args and says which exit code a program sees of it.
func run(args []string) int {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Printf("ended with %d.\n", uint32(cmd.ProcessState.ExitCode()))
	return 0
}

// onEvents has f called with each event of the console (0 is Ctrl-C, 1 is Ctrl-Break), which then has no other effect here.
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

// events says each event of the console, and at the end of its input how many there were. Its exit code is 7.
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

// press runs args, which must say "ready.", on a console of our own, and presses a key, "c" or "break", for each letter of keys
// there; what they say to it ("event …") is waited for. Then it closes their input and says how they ended.
func press(key string, args []string) int {
	freeConsole.Call()
	if ok, _, err := allocConsole.Call(); ok == 0 {
		fmt.Fprintln(os.Stderr, "console:", err)
		return 1
	}
	if err := onEvents(func(uint32) {}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	cmd := exec.Command(args[0], args[1:]...)
	event := uint32(windows.CTRL_C_EVENT)
	if key == "break" {
		event = windows.CTRL_BREAK_EVENT
	}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fmt.Println(lines.Text())
		switch text := lines.Text(); {
		case text == "ready.":
			if err := windows.GenerateConsoleCtrlEvent(event, 0); err != nil {
				fmt.Fprintln(os.Stderr, "press:", err)
				in.Close()
			}
		case strings.HasPrefix(text, "event "):
			in.Close()
		}
	}
	_ = cmd.Wait()
	fmt.Printf("ended with %d.\n", uint32(cmd.ProcessState.ExitCode()))
	return 0
}
