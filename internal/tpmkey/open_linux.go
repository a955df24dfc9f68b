package tpmkey

import (
	"io/fs"
	"net"
	"os"
	"time"

	"github.com/google/go-tpm/tpm2/transport"
)

// device is the TPM with the kernel's resource manager, which keeps its users apart.
const device = "/dev/tpmrm0"

// open opens the device, or the socket of a TPM in software, at path.
func open(path string) (transport.TPMCloser, error) {
	if path == "" {
		path = device
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Type() == fs.ModeSocket {
		conn, err := net.DialTimeout("unix", path, time.Second)
		return stream{conn}, err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	return stream{file}, err
}
