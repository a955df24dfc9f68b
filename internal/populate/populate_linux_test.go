//go:build amd64 || arm64

package populate

import (
	"bytes"
	"syscall"
	"testing"
	"unsafe"
)

func TestPopulate(t *testing.T) {
	const pages = 64
	page := syscall.Getpagesize()
	memory, err := syscall.Mmap(-1, 0, pages*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(memory)
	copy(memory, "kept")
	address := uintptr(unsafe.Pointer(&memory[0]))
	if got := populate(address, uintptr(pages/2*page)); got == -int(syscall.EINVAL) {
		t.Skip("the kernel is older than Linux 5.14")
	} else if got != 0 {
		t.Fatal(syscall.Errno(-got))
	}
	resident := make([]byte, pages)
	if _, _, errno := syscall.Syscall(syscall.SYS_MINCORE, address, uintptr(len(memory)), uintptr(unsafe.Pointer(&resident[0]))); errno != 0 {
		t.Fatal(errno)
	}
	if want := append(bytes.Repeat([]byte{1}, pages/2), make([]byte, pages/2)...); !bytes.Equal(resident, want) {
		t.Errorf("pages that are there: %v", resident)
	}
	if string(memory[:4]) != "kept" || !bytes.Equal(memory[4:page], make([]byte, page-4)) {
		t.Error("the memory has changed")
	}
}

// The heap is where it was taken to be.
func TestStart(t *testing.T) {
	next := uintptr(unsafe.Pointer(kept))
	if start%largestPage != 0 || next < start || next > start+4<<20 {
		t.Errorf("the heap starts at %x, and an object is at %x", start, next)
	}
}

var kept = new([1 << 10]byte)
