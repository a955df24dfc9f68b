//go:build linux

package winetest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// compilers lists the names of the C compiler for Windows: first that of
// Debian's gcc-mingw-w64-x86-64-win32, then that of other systems.
var compilers = []string{"x86_64-w64-mingw32-gcc-win32", "x86_64-w64-mingw32-gcc"}

// addPrimitives adds bcryptprimitives.dll to the machine if its Wine is too old
// to have one. Go's runtime takes random numbers from the only function of that
// library, which older Windows calls SystemFunction036.
func (m *Machine) addPrimitives(ctx context.Context) error {
	dll := filepath.Join(m.Prefix(), "drive_c", "windows", "system32", "bcryptprimitives.dll")
	if _, err := os.Stat(dll); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	compiler := ""
	for _, name := range compilers {
		if path, err := exec.LookPath(name); err == nil && compiler == "" {
			compiler = path
		}
	}
	if compiler == "" {
		return fmt.Errorf("%s: %w", compilers[0], ErrMissing)
	}
	source, exports := filepath.Join(m.dir, "primitives.c"), filepath.Join(m.dir, "primitives.def")
	err := os.WriteFile(source, []byte("int start(void *dll, unsigned reason, void *reserved) { return 1; }\n"), 0o600)
	if err == nil {
		err = os.WriteFile(exports, []byte("LIBRARY bcryptprimitives\nEXPORTS\n\tProcessPrng = advapi32.SystemFunction036\n"), 0o600)
	}
	if err != nil {
		return err
	}
	return m.tool(exec.CommandContext(ctx, compiler, "-shared", "-nostdlib", "-e", "start", "-o", dll,
		source, exports))
}
