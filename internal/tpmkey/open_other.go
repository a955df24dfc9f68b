//go:build !linux && !windows

package tpmkey

import (
	"errors"

	"github.com/google/go-tpm/tpm2/transport"
)

func open(string) (transport.TPMCloser, error) {
	return nil, errors.New("only Linux and Windows have one that awsexec can use")
}
