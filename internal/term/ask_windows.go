package term

import (
	"context"
	"fmt"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/awsexec/awsexec/internal/visible"
)

// Ask writes the prompt to the console and returns the line typed there,
// without its line ending.
//
// If this process has no console, the error wraps ErrNoTerminal. Ask returns
// ErrEOF after Ctrl-D or Ctrl-Z, and the cause of ctx when ctx ends. In every
// case the console's mode is restored. Ctrl-C stays a signal (os.Interrupt), on
// which the caller must end ctx.
//
// Ask edits the line itself, from key events. Waiting for a console ends at any
// event, such as a released key or a mouse move, and a ReadConsole started then
// would wait for a whole line, without a deadline. Reading events never waits.
//
// Only one call of Ask may run at a time.
func Ask(ctx context.Context, p Prompt) (string, error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	in, err := openConsole("CONIN$")
	if err != nil {
		return "", err
	}
	defer windows.CloseHandle(in)
	out, err := openConsole("CONOUT$")
	if err != nil {
		return "", err
	}
	defer windows.CloseHandle(out)

	var before uint32
	if err := windows.GetConsoleMode(in, &before); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	mode := (before | windows.ENABLE_PROCESSED_INPUT) &^
		(windows.ENABLE_LINE_INPUT | windows.ENABLE_ECHO_INPUT | windows.ENABLE_VIRTUAL_TERMINAL_INPUT)
	if err := windows.SetConsoleMode(in, mode); err != nil {
		return "", fmt.Errorf("console mode: %w", err)
	}
	defer windows.SetConsoleMode(in, before)

	ended, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return "", err
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		windows.SetEvent(ended)
		close(done)
	})
	defer func() {
		if !stop() {
			<-done
		}
		windows.CloseHandle(ended)
	}()

	if err := show(out, visible.Text(p.Text)); err != nil {
		return "", err
	}
	defer show(out, "\r\n")
	return readLine(ctx, in, out, ended, p.Secret)
}

func openConsole(name string) (windows.Handle, error) {
	h, err := windows.CreateFile(windows.StringToUTF16Ptr(name), windows.GENERIC_READ|windows.GENERIC_WRITE,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		return 0, fmt.Errorf("%w: %s: %w", ErrNoTerminal, name, err)
	}
	return h, nil
}

func readLine(ctx context.Context, in, out, ended windows.Handle, secret bool) (string, error) {
	line := make([]uint16, 0, maxAnswer)
	defer func() { clear(line[:cap(line)]) }()
	for {
		if _, err := windows.WaitForMultipleObjects([]windows.Handle{ended, in}, false,
			windows.INFINITE); err != nil {
			return "", fmt.Errorf("wait for the console: %w", err)
		}
		if ctx.Err() != nil {
			if secret {
				windows.FlushConsoleInputBuffer(in) // the next reader must not get part of a secret
			}
			return "", context.Cause(ctx)
		}
		// Another process on this console may have taken the event.
		var n uint32
		if err := windows.GetNumberOfConsoleInputEvents(in, &n); err != nil {
			return "", fmt.Errorf("%w: %w", ErrEOF, err)
		}
		if n == 0 {
			continue
		}
		key, err := readKey(in)
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrEOF, err)
		}
		for range key.times() {
			c := key.char
			switch {
			case c == '\r' || c == '\n':
				return answer([]byte(string(utf16.Decode(line))))
			case c == ctrlC:
				return "", ErrCancelled
			case c == 'D'-'@' || c == 'Z'-'@':
				return "", ErrEOF
			case c == '\b':
				for low := true; low && len(line) > 0; {
					last := line[len(line)-1]
					line = line[:len(line)-1]
					low = 0xdc00 <= last && last < 0xe000 // one half of a surrogate pair: remove the other half too
				}
				if !secret {
					show(out, "\b \b")
				}
			case c < ' ':
			case len(line) == cap(line):
				return "", errTooLong
			default:
				line = append(line, c)
				if !secret {
					windows.WriteConsole(out, &c, 1, new(uint32), nil)
				}
			}
		}
	}
}

func show(out windows.Handle, text string) error {
	chars := utf16.Encode([]rune(text))
	if len(chars) == 0 {
		return nil
	}
	if err := windows.WriteConsole(out, &chars[0], uint32(len(chars)), new(uint32), nil); err != nil {
		return fmt.Errorf("%w: %w", ErrNoTerminal, err)
	}
	return nil
}

// inputRecord is INPUT_RECORD with its KEY_EVENT_RECORD. Source: the Windows
// console API.
type inputRecord struct {
	eventType uint16
	_         uint16
	down      int32
	repeat    uint16
	keyCode   uint16
	scanCode  uint16
	char      uint16
	state     uint32
}

// times returns how often the record types its character. It is 0 unless a key
// with a character goes down, or the Alt key goes up, which ends a character
// typed by its number.
func (r inputRecord) times() int {
	const keyEvent, altKey = 1, 0x12
	if r.eventType != keyEvent || r.char == 0 || r.down == 0 && r.keyCode != altKey {
		return 0
	}
	return max(1, int(r.repeat))
}

func readKey(in windows.Handle) (inputRecord, error) {
	var record inputRecord
	var n uint32
	read := windows.NewLazySystemDLL("kernel32.dll").NewProc("ReadConsoleInputW")
	ok, _, err := read.Call(uintptr(in), uintptr(unsafe.Pointer(&record)), 1, uintptr(unsafe.Pointer(&n)))
	if ok == 0 {
		return record, err
	}
	return record, nil
}
