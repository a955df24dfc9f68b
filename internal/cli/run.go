package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/term"
)

// run does what args say and returns the exit code. It never ends the process,
// unless the child replaces it.
func run(ctx context.Context, args []string, d deps) int {
	out := newUI(d)
	adv := &advisor{}
	remembered := newMemory(d, out)
	args = plainShort(args)
	own, child, hasChild := splitArgs(args)
	own, sshArgs := cutSSH(own)
	about := meantProfile(own, d.environ)
	// A program's call without a command word, until it is read.
	handsOutCredentials, serves := !out.terminal && (len(own) == 0 || strings.HasPrefix(own[0], "-")), false
	err := func() error {
		grammar := &cli{}
		if err := checkArguments(own); err != nil {
			return err
		}
		selected, parsed, err := parse(grammar, own, d)
		if word, ok := errors.AsType[unknownWordError](err); ok {
			return usageError{word.Error(), meant(ctx, args, d)}
		}
		if flag, ok := errors.AsType[unknownFlagError](err); ok {
			return usageError{flag.Error(), flag.meant(ctx, args, d)}
		}
		if selected == nil && err == nil { // help has been shown
			handsOutCredentials = false
		}
		if err != nil || selected == nil {
			return err
		}
		command := ""
		if parsed != nil {
			command = wordsOf(parsed.Selected())
		}
		adv.flags = &grammar.flags
		if err := checkNarrows(command, &grammar.flags); err != nil {
			return err
		}
		if err := nameProfile(selected, command, &grammar.flags); err != nil {
			return err
		}
		var answers bool
		handsOutCredentials, answers = handsOut(selected)
		_, serves = selected.(*serveCmd)
		if c, ok := selected.(*sshCmd); ok {
			c.ssh, serves = sshArgs, true
		}
		out.silent = answers && !hasChild && !out.terminal && !grammar.Debug
		_, prints := selected.(*printCmd)
		_, examines := selected.(*doctorCmd)
		// An SDK reads what we print; a person may look at it, or pipe it on.
		settings, err := newSettings(d, &grammar.flags, prints && !hasChild && !isTerminal(d.stdout) && !term.Typed(), examines)
		if err != nil {
			return err
		}
		if err := checkKeys(command, settings.Policies); err != nil {
			return err
		}
		about = settings.SelectedName()
		w := wire(d, out, settings, &grammar.flags, args, remembered)
		adv = w.adv
		if grammar.Pick {
			if err := w.pick(ctx, selected); err != nil {
				return err
			}
		}
		if hasChild {
			if selected, err = withChild(selected, child, adv); err != nil {
				return err
			}
		}
		_, runs := selected.(*execCmd)
		if grammar.Refresh && !runs && !serves { // serve renews anyway
			return usageError{"--refresh needs a program to run", adv.refreshing(settings.Profile)}
		}
		if err := checkDirs(selected, settings); err != nil {
			return err
		}
		switch c := selected.(type) {
		case *printCmd: // was parsed without the whole grammar
			return c.Run(ctx, w.settings, w.session, w.out, w.later, w.gate)
		case *versionCmd: // may be selected by a flag
			return c.Run(w.settings, w.out)
		case *execCmd: // is not in the grammar
			return c.Run(ctx, w.settings, w.session, w.out, w.flags, w.later, remembered, w.gate)
		}
		return w.run(ctx, parsed)
	}()
	advice := ""
	if err != nil {
		if handsOutCredentials || serves {
			err = adv.unconfigured(ctx, err)
		}
		advice = hint(err, adv)
	}
	if handsOutCredentials {
		remembered.ended(ctx, about, err, advice)
	}
	if err == nil {
		return exitOK
	}
	if _, ended := errors.AsType[childExit](err); !ended { // a child that has run speaks for itself
		out.fail(err, advice)
	}
	return exitCode(ctx, err)
}

// checkDirs returns an error if others could have put something into the
// directories of awsexec. Doctor shows such a directory as a finding instead.
func checkDirs(c any, s *session.Settings) error {
	switch c.(type) {
	case *doctorCmd, *versionCmd:
		return nil
	}
	return s.CheckDirs()
}

// splitArgs cuts args at the first "--". What follows belongs to the child, byte
// for byte, and never reaches the parser.
func splitArgs(args []string) (own, child []string, hasChild bool) {
	if i := slices.Index(args, "--"); i >= 0 {
		return args[:i], args[i+1:], true
	}
	return args, nil, false
}

// plainShort returns args with -p=NAME as -pNAME, as other tools read it: no profile
// is called =NAME.
func plainShort(args []string) []string {
	for i, arg := range args {
		if name, ok := strings.CutPrefix(arg, "-p="); arg == "--" {
			break
		} else if ok && name != "" {
			args = slices.Clone(args)
			args[i] = "-p" + name
		}
	}
	return args
}

// withChild returns the command that runs child: an execCmd in place of print, or
// serve. No other command takes a child.
func withChild(selected any, child []string, adv *advisor) (any, error) {
	if c, ok := selected.(*completeCmd); ok {
		c.words = child
		return c, nil
	}
	if c, ok := selected.(*sshCmd); ok {
		c.ssh = slices.Concat(c.ssh, []string{"--"}, child)
		return c, nil
	}
	serve, serves := selected.(*serveCmd)
	if _, ok := selected.(*printCmd); !ok && !serves {
		if len(child) == 0 {
			child = []string{"CMD"}
		}
		return nil, usageError{"only awsexec without a command, and serve, take a program to run after --", adv.run(adv.settings.Profile, child...)}
	}
	if len(child) == 0 || child[0] == "" {
		return nil, usageError{"no program to run after --", adv.withProgram()}
	}
	if serves {
		serve.args = child
		return serve, nil
	}
	return &execCmd{args: child}, nil
}
