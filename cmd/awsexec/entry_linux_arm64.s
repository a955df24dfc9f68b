#include "textflag.h"

// _rt0_awsexec is what entry_linux_amd64.s says. Pages may have 64 KiB here, and sections are aligned to that.
TEXT _rt0_awsexec(SB),NOSPLIT|NOFRAME,$0
	MOVD $runtime·types(SB), R0
	MOVD $runtime·etypes(SB), R1
	MOVD $22, R2 // MADV_POPULATE_READ
	BL   populate<>(SB)
	MOVD $runtime·data(SB), R0
	MOVD $runtime·ebss(SB), R1
	MOVD $23, R2 // MADV_POPULATE_WRITE
	BL   populate<>(SB)
	B    _rt0_arm64_linux(SB)

// populate calls madvise(2) for the pages from R0 to R1, with the advice R2.
TEXT populate<>(SB),NOSPLIT|NOFRAME,$0
	AND $~65535, R0
	SUB R0, R1
	MOVD $233, R8
	SVC
	RET
