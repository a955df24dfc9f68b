package browser

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// The kernel lists the addresses of a connection of IPv4, also if it was made through
// IPv6.
func TestOwnerOf(t *testing.T) {
	entry := func(local, remote string, uid int) string {
		return fmt.Sprintf("   1: %s %s 01 00000000:00000000 00:00000000 00000000  %d        0 12345 1 0000000000000000 20 4 30 10 -1\n", local, remote, uid)
	}
	from, to := addressOf("127.0.0.1:40000"), addressOf("127.0.0.1:50000")
	const mapped = "0000000000000000FFFF0000"
	head := "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	for name, c := range map[string]struct {
		table string
		uid   int
		ok    bool
	}{
		"found":        {head + entry(to, from, 7) + entry(from, to, 1000), 1000, true},
		"mapped":       {head + entry(mapped+from, mapped+to, 1000), 1000, true},
		"other port":   {head + entry(addressOf("127.0.0.1:40001"), to, 1000), 0, false},
		"other server": {head + entry(from, addressOf("127.0.0.1:50001"), 1000), 0, false},
		"empty":        {head, 0, false},
		"odd":          {"1: x y\n" + strings.Repeat("z ", 9) + "\n", 0, false},
	} {
		if uid, ok := ownerOf([]byte(c.table), "127.0.0.1:40000", "127.0.0.1:50000"); uid != c.uid || ok != c.ok {
			t.Errorf("%s: %d, %t", name, uid, ok)
		}
	}
	if addressOf("[::1]:1") != "" || addressOf("x") != "" {
		t.Error("an address that is not of IPv4")
	}
}

// The owner of a connection of our own is found where the kernel lists connections.
func TestOwnConnection(t *testing.T) {
	if _, err := os.Stat("/proc/net/tcp"); err != nil {
		t.Skip(err)
	}
	l := newLink(t)
	conn, err := net.Dial("tcp4", l.server.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	if uid, ok := ownerOf(table, conn.LocalAddr().String(), l.server.Host); !ok || uid != os.Getuid() {
		t.Errorf("user %d, %t", uid, ok)
	}
	if IsForeign(conn.LocalAddr().String(), l.server.Host) {
		t.Error("our own connection counts as another user's")
	}
}

// Another user who has read the address gets nothing, and does not use it up.
func TestAnotherUserGetsNothing(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be another user")
	}
	l := newLink(t)
	status := make(chan string)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with this goroutine
		status <- getAs(65534, l)
	}()
	if got := <-status; !strings.HasPrefix(got, "HTTP/1.1 403 ") || strings.Contains(got, "S3CR3TMARKER") {
		t.Errorf("another user got %q", got)
	}
	if isDone(l) {
		t.Error("another user has used the link up")
	}
	if got := get(t, "GET", l.URL()); got.Header.Get("Location") != page {
		t.Errorf("root got %d", got.StatusCode)
	}
}

// getAs asks for a link as another user, which this thread becomes. It returns the
// answer or what failed.
func getAs(uid uintptr, l *Link) string {
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, ^uintptr(0), uid, ^uintptr(0)); errno != 0 {
		return errno.Error()
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return err.Error()
	}
	defer syscall.Close(fd)
	to := netip.MustParseAddrPort(l.server.Host)
	if err := syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
		return err.Error()
	}
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", l.path, l.server.Host)
	if _, err := syscall.Write(fd, []byte(request)); err != nil {
		return err.Error()
	}
	answer := make([]byte, 4096)
	n, err := syscall.Read(fd, answer)
	if err != nil {
		return err.Error()
	}
	return string(answer[:n])
}
