#include "textflag.h"

#define SYS_madvise 233
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23

// func populate(address, size uintptr) int
TEXT ·populate(SB),NOSPLIT,$0-24
	MOVD address+0(FP), R0
	MOVD size+8(FP), R1
	MOVD $MADV_POPULATE_WRITE, R2
	MOVD $SYS_madvise, R8
	SVC
	MOVD R0, ret+16(FP)
	RET

// _rt0_awsexec comes before the runtime, which goes through all types and variables before it does anything else, and continues where other
// programs start.
TEXT _rt0_awsexec(SB),NOSPLIT|NOFRAME,$0
	MOVD $runtime·types(SB), R0
	MOVD $runtime·etypes(SB), R1
	MOVD $MADV_POPULATE_READ, R2
	BL   advise<>(SB)
	MOVD $runtime·data(SB), R0
	MOVD $runtime·ebss(SB), R1
	MOVD $MADV_POPULATE_WRITE, R2
	BL   advise<>(SB)
	B    _rt0_arm64_linux(SB)

// advise is madvise(2) for the pages from R0 to R1. Pages may have 64 KiB, and segments are aligned to that.
TEXT advise<>(SB),NOSPLIT|NOFRAME,$0
	AND  $~65535, R0
	SUB  R0, R1
	MOVD $SYS_madvise, R8
	SVC
	RET
