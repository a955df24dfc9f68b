package browser

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// IsForeign reports whether the connection that goes from one address of this machine
// to another was made by another user, who is not root. The addresses of the links
// that browsers get are in their arguments, which other users can read. A connection
// that the kernel does not list comes from outside of this network namespace, such as
// from the Windows around WSL.
func IsForeign(from, to string) bool {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		data, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		if uid, ok := ownerOf(data, from, to); ok {
			return uid != 0 && uid != os.Getuid()
		}
	}
	return false
}

// ownerOf returns the user who made a connection, from the kernel's table of them.
func ownerOf(table []byte, from, to string) (uid int, ok bool) {
	local, remote := addressOf(from), addressOf(to)
	lines := bufio.NewScanner(bytes.NewReader(table))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 8 || !sameAddress(fields[1], local) || !sameAddress(fields[2], remote) {
			continue
		}
		if uid, err := strconv.Atoi(fields[7]); err == nil {
			return uid, true
		}
	}
	return 0, false
}

// sameAddress reports whether an address of a table is that of IPv4, also in the form
// that IPv6 has for it.
func sameAddress(listed, address string) bool {
	return address != "" && (listed == address || listed == "0000000000000000FFFF0000"+address)
}

// addressOf returns an address of IPv4 as the kernel lists it: a number in the
// machine's order of bytes, and the port.
func addressOf(address string) string {
	a, err := netip.ParseAddrPort(address)
	if err != nil || !a.Addr().Unmap().Is4() {
		return ""
	}
	ip := a.Addr().Unmap().As4()
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(ip[:]), a.Port())
}
