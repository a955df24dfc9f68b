package tpmkey

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
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
	switch info.Mode().Type() {
	case fs.ModeSocket:
		conn, err := net.DialTimeout("unix", path, time.Second)
		return stream{conn}, err
	case fs.ModeDevice | fs.ModeCharDevice:
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		return stream{file}, err
	}
	return nil, fmt.Errorf("%s: not a device", path) // a command would overwrite a file
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
