#include "textflag.h"

// _rt0_awsexec is where release builds start (the linker's -E). It has the kernel map the types of the program and its variables, all of which
// the runtime goes through before it does anything else, and continues where other Go programs start. Each page or few of them would
// be an exception else; see package populate. Where the kernel cannot (before Linux 5.14) nothing is different.
TEXT _rt0_awsexec(SB),NOSPLIT|NOFRAME,$0
	MOVQ $runtime·types(SB), DI
	MOVQ $runtime·etypes(SB), SI
	MOVQ $22, DX // MADV_POPULATE_READ
	CALL populate<>(SB)
	MOVQ $runtime·data(SB), DI
	MOVQ $runtime·ebss(SB), SI
	MOVQ $23, DX // MADV_POPULATE_WRITE
	CALL populate<>(SB)
	JMP  _rt0_amd64_linux(SB)

// populate calls madvise(2) for the pages from DI to SI, with the advice DX.
TEXT populate<>(SB),NOSPLIT|NOFRAME,$0
	ANDQ $~4095, DI
	SUBQ DI, SI
	MOVQ $28, AX
	SYSCALL
	RET
