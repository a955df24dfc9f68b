package secretservice

import "encoding/binary"

// The parts of the D-Bus message protocol that reading a secret takes. Source: D-Bus Specification, "Message Protocol". Everything is
// little-endian; who answers otherwise is not understood.

const (
	methodCall   = 1
	methodReturn = 2

	noAutoStart = 2 // the flag

	fieldPath        = 1
	fieldInterface   = 2
	fieldMember      = 3
	fieldReplySerial = 5
	fieldDestination = 6
	fieldSignature   = 8

	// largest bounds an answer. A secret of ours has less than a kilobyte.
	largest = 1 << 20
)

// writer appends values, each at the alignment of its type. The start of buf is the start of a message or, which is aligned as well, of a body.
type writer struct{ buf []byte }

func (w *writer) align(n int) {
	for len(w.buf)%n != 0 {
		w.buf = append(w.buf, 0)
	}
}

func (w *writer) uint32(n uint32) {
	w.align(4)
	w.buf = binary.LittleEndian.AppendUint32(w.buf, n)
}

// string writes a string or an object path.
func (w *writer) string(s string) {
	w.uint32(uint32(len(s)))
	w.buf = append(append(w.buf, s...), 0)
}

func (w *writer) signature(s string) {
	w.buf = append(append(append(w.buf, byte(len(s))), s...), 0)
}

func (w *writer) field(code byte, signature, value string) {
	w.align(8)
	w.buf = append(w.buf, code)
	w.signature(signature)
	if signature == "g" {
		w.signature(value)
	} else {
		w.string(value)
	}
}

// call is one method call.
type call struct {
	destination, path, iface, member string

	signature string // of body
	body      []byte
}

// message is c as it is sent.
func (c call) message(serial uint32) []byte {
	w := writer{make([]byte, 0, 256+len(c.body))}
	w.buf = append(w.buf, 'l', methodCall, noAutoStart, 1)
	w.uint32(uint32(len(c.body)))
	w.uint32(serial)
	w.uint32(0) // of the fields, below
	w.field(fieldPath, "o", c.path)
	w.field(fieldInterface, "s", c.iface)
	w.field(fieldMember, "s", c.member)
	w.field(fieldDestination, "s", c.destination)
	if c.signature != "" {
		w.field(fieldSignature, "g", c.signature)
	}
	binary.LittleEndian.PutUint32(w.buf[12:], uint32(len(w.buf)-16))
	w.align(8)
	return append(w.buf, c.body...)
}

// reader takes values off buf. Once it has met something that is not there, bad is set and all values are zero.
type reader struct {
	buf []byte
	at  int
	bad bool
}

func (r *reader) bytes(n int) []byte {
	if r.bad || n < 0 || n > len(r.buf)-r.at {
		r.bad = true
		return nil
	}
	r.at += n
	return r.buf[r.at-n : r.at]
}

func (r *reader) align(n int) { r.bytes((n - r.at%n) % n) }

func (r *reader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint32() uint32 {
	r.align(4)
	if b := r.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// string reads a string or an object path.
func (r *reader) string() string {
	n := r.uint32()
	s := string(r.bytes(int(min(n, largest))))
	r.bytes(1)
	return s
}

func (r *reader) signature() string {
	s := string(r.bytes(int(r.byte())))
	r.bytes(1)
	return s
}

// byteArray reads an array of bytes, without copying it.
func (r *reader) byteArray() []byte { return r.bytes(int(min(r.uint32(), largest+1))) }

// strings reads an array of strings or object paths.
func (r *reader) strings() []string {
	n := int(min(r.uint32(), largest+1))
	if r.bad || n > len(r.buf)-r.at {
		r.bad = true
		return nil
	}
	var list []string
	for end := r.at + n; r.at < end && !r.bad; {
		list = append(list, r.string())
	}
	return list
}

// reply is an answer to a call.
type reply struct {
	serial    uint32 // of the call
	ok        bool   // it is no error
	signature string
	body      []byte
}

// next splits the first message off data. It returns less than one byte as size if data does not hold a whole one yet.
func next(data []byte) (r reply, size int, err error) {
	if len(data) < 16 {
		return r, 0, nil
	}
	fields, body := binary.LittleEndian.Uint32(data[12:]), binary.LittleEndian.Uint32(data[4:])
	if data[0] != 'l' || fields > largest || body > largest {
		return r, 0, errOther
	}
	start := (16 + int(fields) + 7) &^ 7
	size = start + int(body)
	if len(data) < size {
		return r, 0, nil
	}
	r.ok, r.body = data[1] == methodReturn, data[start:size]
	for h := (reader{buf: data[:16+fields], at: 16}); h.at < len(h.buf); {
		h.align(8)
		code := h.byte()
		switch h.signature() {
		case "u":
			if n := h.uint32(); code == fieldReplySerial {
				r.serial = n
			}
		case "s", "o":
			h.string()
		case "g":
			if s := h.signature(); code == fieldSignature {
				r.signature = s
			}
		default:
			return r, size, errOther
		}
		if h.bad {
			return r, size, errOther
		}
	}
	return r, size, nil
}
