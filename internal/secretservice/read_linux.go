package secretservice

import (
	"bytes"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Names of the bus and of the Secret Service API (specifications.freedesktop.org/secret-service).
const (
	busName         = "org.freedesktop.DBus"
	busPath         = "/org/freedesktop/DBus"
	secretsName     = "org.freedesktop.secrets"
	secretsPath     = "/org/freedesktop/secrets"
	serviceIface    = "org.freedesktop.Secret.Service"
	collectionIface = "org.freedesktop.Secret.Collection"
	itemIface       = "org.freedesktop.Secret.Item"
	loginCollection = secretsPath + "/collection/login"
	defaultAlias    = secretsPath + "/aliases/default"

	gnomeName = "org.gnome.keyring" // gnome-keyring owns this too
)

// Read returns the secret of the item in the login collection, or the default one, that has the attributes service and username: what
// go-keyring finds. Bus is an address, as Bus gives it. It gives up when nothing is heard for the time of silence; an answer from the
// keyring is a matter of a millisecond, as it never asks a person for anything here. The error is ErrNotFound or says that the
// straight way does not lead there.
func Read(bus, service, username string, silence time.Duration) ([]byte, error) {
	path, ok := socket(bus)
	if !ok {
		return nil, errOther
	}
	c, err := dial(path, silence)
	if err != nil {
		return nil, err
	}
	defer c.close()

	// The bus takes what follows authentication as it comes, so all that needs no answer goes in one piece. The keyring must have answered
	// its first call, Collections, before others are made: see docs/performance.md.
	c.buf = append(c.buf, "\x00AUTH EXTERNAL "+hex.EncodeToString([]byte(strconv.Itoa(os.Geteuid())))+"\r\nBEGIN\r\n"...)
	hello := c.add(call{destination: busName, path: busPath, iface: busName, member: "Hello"})
	owner := c.add(call{destination: busName, path: busPath, iface: busName, member: "GetNameOwner", signature: "s", body: texts(secretsName)})
	gnome := c.add(call{destination: busName, path: busPath, iface: busName, member: "GetNameOwner", signature: "s", body: texts(gnomeName)})
	collections := c.add(call{destination: secretsName, path: secretsPath, iface: "org.freedesktop.DBus.Properties", member: "Get",
		signature: "ss", body: texts(serviceIface, "Collections")})
	if err := c.send(); err != nil {
		return nil, err
	}
	if err := c.authenticated(); err != nil {
		return nil, err
	}
	if _, err := c.answer(hello, "s"); err != nil {
		return nil, err
	}
	first, err := c.answer(owner, "s")
	if err != nil {
		return nil, err
	}
	second, err := c.answer(gnome, "s")
	if err != nil {
		return nil, err
	}
	if name := first.string(); first.bad || name != second.string() {
		return nil, errOther
	}
	known, err := c.answer(collections, "v")
	if err != nil {
		return nil, err
	}
	if known.signature() != "ao" {
		return nil, errOther
	}
	collection := defaultAlias
	for _, p := range known.strings() {
		if p == loginCollection {
			collection = p
		}
	}
	if known.bad {
		return nil, errOther
	}

	session := c.add(call{destination: secretsName, path: secretsPath, iface: serviceIface, member: "OpenSession",
		signature: "sv", body: plainAlgorithm()})
	search := c.add(call{destination: secretsName, path: collection, iface: collectionIface, member: "SearchItems",
		signature: "a{ss}", body: attributes("username", username, "service", service)})
	if err := c.send(); err != nil {
		return nil, err
	}
	opened, err := c.answer(session, "vo")
	if err != nil {
		return nil, err
	}
	if opened.signature() != "s" {
		return nil, errOther
	}
	opened.string()
	sessionPath := opened.string()
	found, err := c.answer(search, "ao")
	if err != nil {
		return nil, err
	}
	items := found.strings()
	if opened.bad || found.bad {
		return nil, errOther
	}
	if len(items) == 0 {
		return nil, c.absent(collection)
	}

	secret := c.add(call{destination: secretsName, path: items[0], iface: itemIface, member: "GetSecret", signature: "o", body: texts(sessionPath)})
	if err := c.send(); err != nil {
		return nil, err
	}
	got, err := c.answer(secret, "(oayays)") // an error where it is locked
	if err != nil {
		return nil, err
	}
	got.string()
	parameters, value := got.byteArray(), got.byteArray()
	if got.bad || len(parameters) > 0 {
		return nil, errOther
	}
	return bytes.Clone(value), nil
}

// absent is the error for an item that was not found: a locked collection may not tell.
func (c *conn) absent(collection string) error {
	locked := c.add(call{destination: secretsName, path: collection, iface: "org.freedesktop.DBus.Properties", member: "Get",
		signature: "ss", body: texts(collectionIface, "Locked")})
	if err := c.send(); err != nil {
		return err
	}
	r, err := c.answer(locked, "v")
	if err != nil {
		return err
	}
	if r.signature() != "b" || r.uint32() != 0 || r.bad {
		return errOther
	}
	return ErrNotFound
}

func texts(list ...string) []byte {
	var w writer
	for _, s := range list {
		w.string(s)
	}
	return w.buf
}

// plainAlgorithm asks for a session without encryption: the bus is on this machine and of this user.
func plainAlgorithm() []byte {
	var w writer
	w.string("plain")
	w.signature("s")
	w.string("")
	return w.buf
}

// attributes is a dictionary of strings.
func attributes(pairs ...string) []byte {
	w := writer{make([]byte, 8)} // the length, and the padding before the first entry
	for i, s := range pairs {
		if i%2 == 0 {
			w.align(8)
		}
		w.string(s)
	}
	n := len(w.buf) - 8
	w.buf[0], w.buf[1] = byte(n), byte(n>>8)
	return w.buf
}

// conn is a connection to the bus. It blocks its thread; a runtime that polls would cost more than the conversation.
type conn struct {
	fd      int
	buf     []byte // to be sent
	serial  uint32
	in      []byte // received, not yet understood
	replies []reply
}

// dial connects to a Unix socket.
func dial(path string, silence time.Duration) (*conn, error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	limit := syscall.NsecToTimeval(silence.Nanoseconds())
	err = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit)
	if err == nil {
		err = syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &limit)
	}
	if err == nil {
		err = syscall.Connect(fd, &syscall.SockaddrUnix{Name: path})
	}
	if err != nil {
		syscall.Close(fd)
		return nil, err
	}
	return &conn{fd: fd}, nil
}

func (c *conn) close() { syscall.Close(c.fd) }

// add puts a call among what is sent next, and returns its serial number.
func (c *conn) add(m call) uint32 {
	c.serial++
	c.buf = append(c.buf, m.message(c.serial)...)
	return c.serial
}

func (c *conn) send() error {
	for len(c.buf) > 0 {
		n, err := syscall.SendmsgN(c.fd, c.buf, nil, nil, syscall.MSG_NOSIGNAL)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		c.buf = c.buf[n:]
	}
	return nil
}

// receive appends to what was received and not yet understood. What was is never overwritten: answers lie in it.
func (c *conn) receive() error {
	if len(c.in) > largest {
		return errOther
	}
	if len(c.in) == cap(c.in) {
		c.in = append(make([]byte, 0, len(c.in)+4096), c.in...)
	}
	for {
		n, err := syscall.Read(c.fd, c.in[len(c.in):cap(c.in)])
		if err == syscall.EINTR {
			continue
		}
		if err == nil && n == 0 {
			err = errOther
		}
		if err != nil {
			return err
		}
		c.in = c.in[:len(c.in)+n]
		return nil
	}
}

// authenticated reads the line with which the bus says that it knows who we are.
func (c *conn) authenticated() error {
	for {
		if line, rest, ok := bytes.Cut(c.in, []byte("\r\n")); ok {
			c.in = rest
			if !bytes.HasPrefix(line, []byte("OK ")) {
				return errOther
			}
			return nil
		}
		if err := c.receive(); err != nil {
			return err
		}
	}
}

// answer waits for the answer to a call. An error, or an answer of another type, is an error.
func (c *conn) answer(serial uint32, signature string) (*reader, error) {
	for {
		for _, r := range c.replies {
			if r.serial != serial {
				continue
			}
			if !r.ok || r.signature != signature {
				return nil, errOther
			}
			return &reader{buf: r.body}, nil
		}
		r, size, err := next(c.in)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			if err := c.receive(); err != nil {
				return nil, err
			}
			continue
		}
		c.in = c.in[size:]
		if r.serial != 0 { // signals have none
			c.replies = append(c.replies, r)
		}
	}
}

// socket is the path of the Unix socket that address names, if it names one alone and in plain letters; "@" begins an abstract one.
func socket(address string) (string, bool) {
	rest, ok := strings.CutPrefix(address, "unix:")
	if !ok || strings.ContainsAny(rest, ";%") {
		return "", false
	}
	for pair := range strings.SplitSeq(rest, ",") {
		switch key, value, _ := strings.Cut(pair, "="); key {
		case "path":
			return value, value != ""
		case "abstract":
			return "@" + value, value != ""
		}
	}
	return "", false
}
