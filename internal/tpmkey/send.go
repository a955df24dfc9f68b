package tpmkey

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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

// stream is a TPM that takes commands and gives responses as a stream of bytes.
type stream struct{ io.ReadWriteCloser }

// headSize is the size of what each response begins with: a tag, the size of the
// response, and a code. Source: TPM 2.0, part 1.
const headSize = 10

const mostResponse = 4096

// Send writes a command and reads the response to it. A device gives all of that in
// one read, a socket in any number.
func (s stream) Send(command []byte) ([]byte, error) {
	if _, err := s.Write(command); err != nil {
		return nil, err
	}
	response := make([]byte, 0, mostResponse)
	for {
		n, err := s.Read(response[len(response):cap(response)])
		response = response[:len(response)+n]
		if len(response) >= headSize {
			size := int(binary.BigEndian.Uint32(response[2:6]))
			switch {
			case size < headSize || size > mostResponse || len(response) > size:
				return nil, errors.New("not the response of a TPM")
			case len(response) == size:
				return response, nil
			}
		}
		if err != nil {
			return nil, fmt.Errorf("a part of a response: %w", err)
		}
	}
}
