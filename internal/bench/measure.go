package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// subject is a command to measure.
type subject struct {
	name    string
	argv    []string
	env     []string
	prepare func() error // called before each run, outside of the measured time; may be nil
}

func (s subject) command(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.argv[0], s.argv[1:]...)
	cmd.Env = s.env
	return cmd
}

// sample is one run: its wall time, and the processor time that it used, user
// and system.
type sample struct{ wall, cpu time.Duration }

// series holds the runs of one subject.
type series []sample

func wall(s sample) time.Duration { return s.wall }
func cpu(s sample) time.Duration  { return s.cpu }

func (s series) sorted(what func(sample) time.Duration) []time.Duration {
	var list []time.Duration
	for _, one := range s {
		list = append(list, what(one))
	}
	slices.Sort(list)
	return list
}

func (s series) median(what func(sample) time.Duration) time.Duration { return median(s.sorted(what)) }

func median[T int64 | time.Duration](sorted []T) T {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// warmUp is the number of rounds before the rounds that count.
const warmUp = 5

// compare runs the subjects in turn, one run of each per round, so that other
// load on the machine affects all of them alike.
func (w *world) compare(ctx context.Context, subjects ...subject) ([]series, error) {
	all := make([]series, len(subjects))
	for round := range warmUp + w.runs {
		for i, s := range subjects {
			if s.prepare != nil {
				if err := s.prepare(); err != nil {
					return nil, fmt.Errorf("%s: %w", s.name, err)
				}
			}
			one, err := w.measure(ctx, s)
			if err != nil {
				return nil, err
			}
			if round >= warmUp {
				all[i] = append(all[i], one)
			}
		}
	}
	return all, nil
}

// measure runs s once. Its standard error goes to a file, because a pipe would
// need a reader.
func (w *world) measure(ctx context.Context, s subject) (sample, error) {
	cmd := s.command(ctx)
	cmd.Stderr = w.stderr
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	if err != nil {
		said, _ := os.ReadFile(w.stderr.Name())
		lines := strings.Split(strings.TrimSpace(string(said)), "\n")
		return sample{}, fmt.Errorf("%s: %w: %s", s.name, err, strings.Join(lines[max(0, len(lines)-3):], "\n"))
	}
	return sample{took, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// together runs s n times at once. It returns the time until the last run has
// ended, and the processor time that all runs have used.
func (w *world) together(ctx context.Context, s subject, n int) (sample, error) {
	if s.prepare != nil {
		if err := s.prepare(); err != nil {
			return sample{}, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	var started []*exec.Cmd
	var failed error
	start := time.Now()
	for range n {
		cmd := s.command(ctx)
		cmd.Stderr = w.stderr
		if failed = cmd.Start(); failed != nil {
			break
		}
		started = append(started, cmd)
	}
	var used time.Duration
	for _, cmd := range started {
		if err := cmd.Wait(); err != nil && failed == nil {
			failed = err
		}
		used += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	if failed != nil {
		return sample{}, fmt.Errorf("%s, %d at once: %w", s.name, n, failed)
	}
	return sample{time.Since(start), used}, nil
}

// memory returns the peak memory of a few runs of s, in bytes, sorted.
func (w *world) memory(ctx context.Context, s subject) ([]int64, error) {
	var list []int64
	for range 11 {
		launched := s
		launched.argv = append([]string{w.program("launch")}, s.argv...)
		cmd := launched.command(ctx)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %s", s.name, err, stderr.String())
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		list = append(list, n)
	}
	slices.Sort(list)
	return list, nil
}

// processorTime returns the processor time that all threads of a process have
// used so far, or 0 on systems without this file. Source: proc(5),
// /proc/pid/task/tid/schedstat.
func processorTime(pid int) time.Duration {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	var total int64
	for _, f := range files {
		b, _ := os.ReadFile(f)
		first, _, _ := strings.Cut(string(b), " ")
		n, _ := strconv.ParseInt(first, 10, 64)
		total += n
	}
	return time.Duration(total)
}
