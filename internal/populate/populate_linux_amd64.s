#include "textflag.h"

#define SYS_madvise 28
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23

// func populate(address, size uintptr) int
TEXT ·populate(SB),NOSPLIT,$0-24
	MOVQ address+0(FP), DI
	MOVQ size+8(FP), SI
	MOVQ $MADV_POPULATE_WRITE, DX
	MOVQ $SYS_madvise, AX
	SYSCALL
	MOVQ AX, ret+16(FP)
	RET

// _rt0_awsexec comes before the runtime, which goes through all types and variables before it does anything else, and continues where other
// programs start.
TEXT _rt0_awsexec(SB),NOSPLIT|NOFRAME,$0
	MOVQ $runtime·types(SB), DI
	MOVQ $runtime·etypes(SB), SI
	MOVQ $MADV_POPULATE_READ, DX
	CALL advise<>(SB)
	MOVQ $runtime·data(SB), DI
	MOVQ $runtime·ebss(SB), SI
	MOVQ $MADV_POPULATE_WRITE, DX
	CALL advise<>(SB)
	JMP  _rt0_amd64_linux(SB)

// advise is madvise(2) for the pages from DI to SI.
TEXT advise<>(SB),NOSPLIT|NOFRAME,$0
	ANDQ $~4095, DI
	SUBQ DI, SI
	MOVQ $SYS_madvise, AX
	SYSCALL
	RET
