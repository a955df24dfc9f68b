//go:build unix

package term

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// roleVar makes the test binary play one of the roles: a process with its own
// terminal, which is descriptor 3 if there is one.
const roleVar = "TERM_TEST_ROLE"

// question holds characters that a terminal would interpret; shown is how the
// question appears.
const (
	question = "code for a\x1b[31m\u202e\nb: "
	shown    = `code for a\x1b[31m\u202e\nb: `
)

func TestMain(m *testing.M) {
	role := os.Getenv(roleVar)
	if role == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	switch role {
	case "secret":
		tell(Ask(ctx, Prompt{Text: question, Secret: true}))
	case "open":
		tell(Ask(ctx, Prompt{Text: question}))
	case "hung up":
		signal.Ignore(unix.SIGHUP)
		tell(Ask(ctx, Prompt{Text: question, Secret: true}))
	case "twice":
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		tell(Ask(short, Prompt{Text: question, Secret: true}))
		bufio.NewReader(os.Stdin).ReadString('\n')
		tell(Ask(ctx, Prompt{Text: question, Secret: true}))
	case "told":
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			Ask(ctx, Prompt{Text: question, Secret: true})
		}()
		bufio.NewReader(os.Stdin).ReadString('\n')
		tell("during", Tell("in the middle"))
		<-answered
		tell("after", Tell(question))
	case "mfa":
		tell(RunMFAProcess(ctx, `read -r code; echo "<$code>"`, os.Environ(), os.Stderr))
	case "background":
		cmd := again("secret")
		cmd.Stdout = os.Stdout
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Run(); err != nil {
			tell("", err)
		}
	case "shell":
		beShell()
	}
}

func tell(line string, err error) {
	fmt.Printf("%q %v\n", line, err)
}

// again returns a command that runs the test binary in another role.
func again(role string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	cmd.Stderr = os.Stderr
	return cmd
}

// beShell runs the asking process as the foreground job of the terminal. It
// reports when the process is stopped, and continues it on "fg" or "bg".
func beShell() {
	const terminal = 3
	job := again("secret")
	job.Stdout = os.Stdout
	job.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Foreground: true, Ctty: terminal}
	if err := job.Start(); err != nil {
		tell("", err)
		return
	}
	signal.Ignore(unix.SIGTTOU) // as shells do; after the start, because a child would inherit it
	commands := bufio.NewScanner(os.Stdin)
	for {
		var status unix.WaitStatus
		if _, err := unix.Wait4(job.Process.Pid, &status, unix.WUNTRACED, nil); err == unix.EINTR {
			continue
		} else if err != nil || !status.Stopped() {
			return
		}
		unix.IoctlSetPointerInt(terminal, unix.TIOCSPGRP, unix.Getpgrp())
		fmt.Println("stopped")
		commands.Scan()
		if commands.Text() == "fg" {
			unix.IoctlSetPointerInt(terminal, unix.TIOCSPGRP, job.Process.Pid)
		}
		unix.Kill(-job.Process.Pid, unix.SIGCONT)
	}
}
