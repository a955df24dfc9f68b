//go:build unix && !darwin

package keyring

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/awsexec/awsexec/internal/backend"
)

// errMayNotConfirm is the error of an operation that a person would have to confirm.
var errMayNotConfirm = fmt.Errorf("%w: it would ask you to confirm, and prompts are switched off", backend.ErrLocked)

// write is a change of an item about which the service asks a person.
type write struct {
	verb   string
	it     backend.Item
	object dbus.ObjectPath // to delete
}

func (w write) deletes(it backend.Item) bool { return w.verb == "delete" && w.it == it }

// prompterTime is how long the desktop's prompter may take to start and show a
// dialog.
const prompterTime = 10 * time.Second

// leave leaves w to the person that prompt will ask, if there is a prompt: the
// caller may hold a lock now.
func (s *service) leave(w write, prompt dbus.ObjectPath) error {
	if prompt == noObject {
		return nil
	}
	s.pending, s.prompt = w, prompt
	return backend.ErrUnprepared
}

// leaveLocked leaves it to a person to unlock these collections or items.
func (s *service) leaveLocked(objects []dbus.ObjectPath) error {
	s.locked = objects
	return backend.ErrUnprepared
}

// finish asks a person about the write that leave left. The service has made
// the write once the person agrees.
func (o *Operation) finish(ctx context.Context) error {
	s, p := o.service, &o.patience
	prompt := s.prompt
	s.prompt = noObject
	if o.keyring.opts.NoPrompt {
		quiet, err := s.quiet(ctx, p)
		if err != nil {
			return err
		}
		if !quiet {
			return errMayNotConfirm
		}
	}
	err := s.show(ctx, p, o.keyring.opts.Timeout, prompt)
	if err == nil {
		s.done = s.pending
	}
	return err
}

// quiet reports whether the prompt about the pending write shows no dialog.
// KeePassXC returns a prompt for every new item, and asks only if the
// collection is locked.
func (s *service) quiet(ctx context.Context, p *patience) (bool, error) {
	if s.pending.verb != "set" {
		return false, nil
	}
	owner := ""
	if err := s.wait(ctx, p, s.bus("GetNameOwner", keepassName), &owner); err != nil && !isError(err, busError+"NameHasNoOwner") {
		return false, err
	}
	return owner == s.owner, nil
}

// isDone reports, once, whether w is the write that a person has just agreed
// to.
func (s *service) isDone(w write) bool {
	if s.done != w {
		return false
	}
	s.done = write{}
	return true
}

// show shows a prompt and waits for the person until ctx ends, or until the
// service is silent for half the timeout.
//
// A dialog that nobody waits for any more stays up. Answering it later unlocks
// the keyring for the next calls, and dismissing it from here would crash
// gnome-keyring 42.
func (s *service) show(ctx context.Context, p *patience, timeout time.Duration, prompt dbus.ObjectPath) error {
	began := time.Now()
	match := s.bus("AddMatch", "type='signal',sender='"+s.owner+"',path='"+string(prompt)+"',member='Completed'")
	err := s.ask(ctx, p, s.call(prompt, promptInterface+".Prompt", ""))
	if err == nil {
		err = s.wait(ctx, p, match)
	}
	if err != nil && ctx.Err() == nil {
		return err
	}
	look := time.NewTicker(timeout / 2)
	defer look.Stop()
	for {
		if dismissed, answered := s.answered[prompt]; dismissed {
			return s.refusal(ctx, p)
		} else if answered {
			return nil
		}
		select {
		case signal, ok := <-s.signals:
			if !ok || s.note(signal) {
				return errGone
			}
		case <-look.C:
			if err := s.stillAsks(ctx, timeout/2, time.Since(began)); err != nil && ctx.Err() == nil {
				return err
			}
		case <-ctx.Done():
			return unanswered(ctx, time.Since(began))
		}
	}
}

// stillLocked returns those of the objects in locked that are still locked.
func (s *service) stillLocked(ctx context.Context, p *patience) (locked []dbus.ObjectPath, err error) {
	for _, object := range s.locked {
		is, err := s.isLocked(ctx, p, object)
		if err != nil {
			return nil, err
		}
		if is {
			locked = append(locked, object)
		}
	}
	return locked, nil
}

// stillAsks returns nil if the dialog that was shown some time ago may still be
// open, and otherwise the reason why it is not.
func (s *service) stillAsks(ctx context.Context, timeout, ago time.Duration) error {
	p := &patience{timeout, timeout}
	var collections []dbus.ObjectPath
	err := s.property(ctx, p, secretsPath, serviceInterface, "Collections", &collections)
	if errors.Is(err, errSilent) {
		return fmt.Errorf("%w: no answer in %v", backend.ErrUnavailable, rounded(p.waited()))
	}
	if err != nil || ago < prompterTime {
		return err
	}
	gnome, prompter, err := s.prompter(ctx, p)
	if err == nil && gnome && !prompter {
		err = fmt.Errorf("%w: no dialog was shown in %v", backend.ErrLocked, rounded(ago))
	}
	return err
}

// refusal returns the error of a prompt that was dismissed. Gnome-keyring also
// dismisses prompts that it cannot show.
func (s *service) refusal(ctx context.Context, p *patience) error {
	gnome, prompter, err := s.prompter(ctx, p)
	switch {
	case err != nil:
		return err
	case gnome && !prompter:
		return fmt.Errorf("%w: it could not be unlocked, and there may be no desktop to ask on", backend.ErrLocked)
	}
	return fmt.Errorf("%w: its dialog was dismissed", backend.ErrRefused)
}

// prompter reports whether the service is gnome-keyring, and whether the
// desktop program that shows its dialogs runs.
func (s *service) prompter(ctx context.Context, p *patience) (gnome, there bool, err error) {
	owner := ""
	first, second := s.bus("GetNameOwner", gnomeName), s.bus("NameHasOwner", gnomePrompterName)
	if err := s.wait(ctx, p, first, &owner); err != nil && !isError(err, busError+"NameHasNoOwner") {
		return false, false, err
	}
	err = s.wait(ctx, p, second, &there)
	return owner == s.owner, there, err
}
