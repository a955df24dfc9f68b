package main

import (
	"context"
	"os/exec"
	"time"
)

// ownWork returns awsexec with a key from the environment and without a
// session: everything that a call does except keyring, cache and STS.
func ownWork(w *world) subject {
	s := w.awsexec("--no-session")
	s.name = "awsexec, own work"
	s.env = w.environ("AWS_ACCESS_KEY_ID="+keyID, "AWS_SECRET_ACCESS_KEY="+secret)
	return s
}

func empty(w *world) subject {
	return subject{name: "empty", argv: []string{w.program("empty")}, env: w.environ()}
}

// keyringGet returns a program that reads the item that a warm call reads.
func keyringGet(w *world, child ...string) subject {
	argv := append([]string{w.program("keyringget"), sealingService, sealingName}, child...)
	return subject{name: "keyringget", argv: argv, env: w.environ()}
}

func warmPrint(w *world) subject { return w.awsexec("-p", "work") }

// held lets the kernel hold the sealing key, as it does by default.
func held(w *world, s subject) subject {
	s.name += ", key held by the kernel"
	s.env = w.environ("AWSEXEC_HOLD=15m")
	return s
}

// wholeWay switches the fast path off.
func wholeWay(s subject) subject {
	s.name += ", the whole way"
	s.env = append(s.env[:len(s.env):len(s.env)], "AWSEXEC_WARM=0")
	return s
}

// unlogged switches the log of what is handed out off.
func unlogged(s subject) subject {
	s.name += ", without a log"
	s.env = append(s.env[:len(s.env):len(s.env)], "AWSEXEC_LOG=0")
	return s
}

// leastChild returns a child that does as little as possible. Its time is part
// of every figure with a child.
func leastChild(w *world) string {
	if path, err := exec.LookPath("true"); err == nil {
		return path
	}
	return w.program("empty")
}

// warmCalls measures calls that find a session, and the parts of their cost.
func warmCalls(ctx context.Context, w *world, r *report) error {
	if w.bus == nil {
		s, err := w.compare(ctx, empty(w), ownWork(w))
		if err != nil {
			return err
		}
		r.beside("own work", s[1], "an empty Go program", s[0])
		return nil
	}

	child := leastChild(w)
	warmExec := w.awsexec("-p", "work", "--", child)
	s, err := w.compare(ctx, empty(w), ownWork(w), keyringGet(w), warmPrint(w), keyringGet(w, child), warmExec,
		held(w, warmPrint(w)), held(w, warmExec), wholeWay(held(w, warmPrint(w))), unlogged(held(w, warmPrint(w))), unlogged(held(w, warmExec)))
	if err != nil {
		return err
	}
	r.beside("print with a session, the keyring is asked", s[3], "a keyring read", s[2])
	r.beside("exec with a session, the keyring is asked", s[5], "a keyring read, exec", s[4])
	r.ratio("warm print, kernel holds the key", s[6], "a keyring read", s[2], 0.75)
	r.ratio("warm exec, kernel holds the key", s[7], "a keyring read, exec", s[4], 0.75)
	r.ratio("the same without the warm path", s[8], "a keyring read", s[2], 1.3)
	r.ratio("warm print, with the log", s[6], "without it", s[9], 1.03)
	r.ratio("warm exec, with the log", s[7], "without it", s[10], 1.03)
	r.beside("warm print, kernel holds the key", s[6], "an empty Go program", s[0])
	r.beside("own work without a ticket", s[1], "an empty Go program", s[0])

	for _, of := range []struct {
		what string
		s    series
	}{{"an empty Go program", s[0]}, {"a keyring read", s[2]}, {"own work", s[1]}, {"warm print", s[3]}} {
		r.note("Processor time of %s: %s.", of.what, ms(of.s.median(cpu)))
	}
	return dbusCost(ctx, w, r)
}

// dbusCost counts the calls of a warm call to the keyring, and measures the
// processor time that bus and keyring need for them.
func dbusCost(ctx context.Context, w *world, r *report) error {
	for _, s := range []subject{keyringGet(w), warmPrint(w)} {
		calls, err := w.keyringCalls(func() error {
			_, err := w.measure(ctx, s)
			return err
		})
		if err != nil {
			return err
		}
		before := w.daemonTime()
		for range w.runs {
			if _, err := w.measure(ctx, s); err != nil {
				return err
			}
		}
		used := (w.daemonTime() - before) / time.Duration(w.runs)
		r.note("%s: %d calls of the keyring, %d of them GetSecret; bus and keyring use %s of processor time for it.",
			s.name, len(calls), count(calls, "GetSecret"), ms(used))
	}
	return nil
}

// daemonTime returns the processor time that the bus and the keyring have used
// so far.
func (w *world) daemonTime() time.Duration {
	var total time.Duration
	for _, pid := range w.bus.PIDs() {
		total += processorTime(pid)
	}
	return total
}

func count(list []string, what string) int {
	n := 0
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
}
