package exec

import (
	"errors"
	"os"
	osexec "os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// start starts c, through cmd.exe if it is a batch file, and ties its life to
// ours.
func (c *Cmd) start() (child *osexec.Cmd, release func(), err error) {
	line := ""
	run := *c
	if isBatch(c.Path) {
		system, err := windows.GetSystemDirectory()
		if err != nil {
			return nil, nil, err
		}
		run.Path = system + `\cmd.exe`
		if line, err = batchLine(run.Path, c.Path, c.Args); err != nil {
			return nil, nil, err
		}
	}
	child = run.child()
	child.SysProcAttr.CmdLine = line // "" builds the line from the arguments
	if err := child.Start(); errors.Is(err, windows.ERROR_FILENAME_EXCED_RANGE) {
		// Windows allows 32767 characters, and blames the file name.
		return nil, nil, errors.New("the command line is too long")
	} else if err != nil {
		return nil, nil, err
	}
	return child, bind(child.Process), nil
}

// tied returns no attributes: on Windows, bind ties the child's life to ours.
func tied() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

// bind makes Windows end the child when this process is killed.
// TerminateProcess gives this process no chance to end the child itself. On
// Unix the child usually replaces awsexec, so that the kill hits the child
// directly. The job that ends the child is closed with our last handle of it.
//
// The job does not hold the child's own children, which live as long as they
// would without awsexec. If Windows refuses the job, the child runs without it.
func bind(child *os.Process) (release func()) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return func() {}
	}
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
		windows.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err == nil {
		_ = child.WithHandle(func(process uintptr) {
			_ = windows.AssignProcessToJobObject(job, windows.Handle(process))
		})
	}
	return func() { windows.CloseHandle(job) }
}

// handled lists the console events that Run catches while its child runs:
// Ctrl-C, Ctrl-Break, and SIGTERM, which stands for a console that is being
// closed. The child gets them too and has the few seconds that Windows allows
// to end.
var handled = []os.Signal{os.Interrupt, syscall.SIGTERM}

// forward does nothing: the console sends its events to every process on it.
func forward(*os.Process, os.Signal) {}

// wait waits for the end of child and returns its exit code, 32 bits wide.
func wait(child *osexec.Cmd) (int, error) {
	err := child.Wait()
	var exit *osexec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	return child.ProcessState.ExitCode(), nil
}
