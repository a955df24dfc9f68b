package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/ststest"
)

// unlockedFile compares a warm print with an encrypted file that "awsexec
// unlock" has opened to one that asks the keyring.
func unlockedFile(ctx context.Context, w *world, r *report) (err error) {
	if w.bus == nil {
		return nil
	}
	const noPassphrase = "AWSEXEC_PASSPHRASE="
	file := func(passphrase string, args ...string) subject {
		s := w.awsexec(args...)
		s.env = w.environ("AWSEXEC_KEYSTORE=file", "AWSEXEC_HOLD=15m", "XDG_DATA_HOME="+w.path("filedata"),
			"XDG_CACHE_HOME="+w.path("filecache"), passphrase)
		return s
	}
	given := "AWSEXEC_PASSPHRASE=" + ststest.Marker
	add := file(given, "add", "work", "--stdin", "--no-verify").command(ctx)
	add.Stdin = strings.NewReader(keyID + "\n" + secret + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		return fmt.Errorf("awsexec add: %w: %s", err, out)
	}
	if _, _, err := kernelkey.Get("bench"); errors.Is(err, kernelkey.ErrUnavailable) {
		r.note("The kernel holds no keys: %v. The unlocked file is not measured.", err)
		return nil
	}
	if _, err := w.measure(ctx, file(given, "unlock")); err != nil {
		return err
	}
	defer func() {
		_, lockErr := w.measure(ctx, file(noPassphrase, "lock"))
		err = errors.Join(err, lockErr)
	}()
	warm := file(noPassphrase, "-p", "work")
	if err := w.warm(ctx, warm); err != nil {
		return err
	}
	s, err := w.compare(ctx, warmPrint(w), warm)
	if err != nil {
		return err
	}
	r.ratio("keystore: warm print, unlocked file", s[1], "the OS keyring", s[0], 1)
	return nil
}
