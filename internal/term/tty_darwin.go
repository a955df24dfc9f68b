package term

import "golang.org/x/sys/unix"

const (
	getTermios  = unix.TIOCGETA
	setTermios  = unix.TIOCSETA
	disabledKey = 0xff // _POSIX_VDISABLE
)

func flushInput(fd int) {
	const fread = 1 // FREAD of <sys/fcntl.h>: the input side
	unix.IoctlSetPointerInt(fd, unix.TIOCFLUSH, fread)
}
