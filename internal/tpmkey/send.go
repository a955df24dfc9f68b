package tpmkey

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/google/go-tpm/tpm2/transport"

	"github.com/awsexec/awsexec/internal/fault"
)

// Send implements transport.TPM. It gives up after a time: not every way to a TPM
// has a deadline of its own.
func (t *session) Send(command []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(t.ctx, limit, fmt.Errorf("after %v", limit))
	defer cancel()
	type answer struct {
		response []byte
		err      error
	}
	for {
		answered := make(chan answer, 1)
		fault.Go(func() {
			response, err := t.conn.Send(command)
			answered <- answer{response, err}
		})
		select {
		case a := <-answered:
			if a.err != nil || !busy(a.response) {
				return a.response, a.err
			}
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ErrSilent, context.Cause(ctx))
		}
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ErrSilent, context.Cause(ctx))
		}
	}
}

const retryAfter = 50 * time.Millisecond

// patientOpen is open that waits while others use the TPM.
func patientOpen(ctx context.Context, path string) (transport.TPMCloser, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("after %v", limit))
	defer cancel()
	for {
		conn, err := open(path)
		if !errors.Is(err, syscall.EAGAIN) && !errors.Is(err, syscall.EBUSY) {
			return conn, err
		}
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", err, context.Cause(ctx))
		}
	}
}
