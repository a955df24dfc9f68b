//go:build amd64 || arm64

// Package populate has the kernel give the program at once the memory that it is about to use.
//
// Memory comes page by page otherwise, each at the price of an exception: little on a machine of one's own, twenty times the price of the
// page itself on some virtual ones, and hundreds of them before a Go program of this size has started. Importing the package is enough for
// the heap of a warm call. It imports nothing, so that it can come before all others. Release builds start at its _rt0_awsexec (the linker's -E),
// which does the same for the variables and the types of the program.
package populate

import "unsafe"

const (
	// atOnce is what a warm call uses of the heap, with the gaps that the runtime leaves in it.
	atOnce = 448 << 10

	// later is what the rest of the initialisation and a call without a ticket use, of the 4 MiB that the runtime starts with.
	later = 1792 << 10

	largestPage = 64 << 10 // of the architectures here; a multiple of all others
)

// object is on the heap, and no more than that.
var object = new([1 << 10]byte)

// start is where the heap begins to grow. The runtime takes the next free addresses from there on, and gives nothing back for a while.
var start = uintptr(unsafe.Pointer(object)) &^ (largestPage - 1)

func init() { populate(start, atOnce) }

// Rest is for a call that is not warm.
func Rest() { populate(start+atOnce, later) }

// populate makes the pages from address on, which is the start of one, as a write to each of them would, but for their contents. Where that
// cannot be done they come one by one as ever. It returns 0 or the negative of an errno. Source: madvise(2), MADV_POPULATE_WRITE, since
// Linux 5.14.
func populate(address, size uintptr) int
