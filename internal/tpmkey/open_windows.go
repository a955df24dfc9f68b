package tpmkey

import (
	"errors"

	"github.com/google/go-tpm/tpm2/transport"
	"github.com/google/go-tpm/tpm2/transport/windowstpm"
)

// open opens the TPM of the system, through TBS.
func open(path string) (transport.TPMCloser, error) {
	if path != "" {
		return nil, errors.New("only the TPM of the system can be used on Windows")
	}
	return windowstpm.Open()
}
