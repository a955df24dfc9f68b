package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/creack/pty"

	"github.com/awsexec/awsexec/internal/ststest"
)

// typed runs a step on a terminal of its own, answers its questions, and returns
// what the terminal has shown.
func typed(ctx context.Context, s step, env []string) (string, error) {
	cmd := exec.CommandContext(ctx, "bash", "-c", s.command)
	cmd.Env = env
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		return "", err
	}
	defer terminal.Close()
	var shown strings.Builder
	answers, passed := s.answers, 0
	buf := make([]byte, 4096)
	for {
		n, err := terminal.Read(buf)
		shown.Write(buf[:n])
		if err != nil { // EIO on Linux: the command has ended
			break
		}
		if len(answers) == 0 {
			continue
		}
		if i := strings.Index(shown.String()[passed:], answers[0][0]); i >= 0 {
			passed += i + len(answers[0][0])
			answer := strings.Replace(answers[0][1], code, ststest.TOTP(me.MFASecret, time.Now()), 1)
			if _, err := io.WriteString(terminal, answer+"\n"); err != nil {
				return shown.String(), err
			}
			answers = answers[1:]
		}
	}
	err = cmd.Wait()
	if len(answers) > 0 {
		err = errors.Join(err, fmt.Errorf("it does not ask %q", answers[0][0]))
	}
	return shown.String(), err
}

// random are parts of what is shown that differ from run to run.
var random = []struct {
	part *regexp.Regexp
	text string
}{
	{regexp.MustCompile(`(?m)^awsexec: waiting for .*\n`), ""}, // after a second
	{regexp.MustCompile(`(?m)^go: downloading .*\n`), ""},
	{regexp.MustCompile(`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "2026-01-02T03:04:05Z"},
	{regexp.MustCompile(`\b11h\d\dm`), "11h59m"},
	{regexp.MustCompile(`\b12h0m`), "11h59m"},
}

var keyID = regexp.MustCompile(`A[KS]IA…\w{4}`)

// constant returns text as it is in each run.
func constant(text, home string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "", home, "/home/me").Replace(text)
	for _, r := range random {
		text = r.part.ReplaceAllString(text, r.text)
	}
	return keyID.ReplaceAllStringFunc(text, func(id string) string {
		if strings.HasSuffix(me.AccessKeyID, id[len(id)-4:]) {
			return id
		}
		return id[:len(id)-4] + "4NEW"
	})
}
