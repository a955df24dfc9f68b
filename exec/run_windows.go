package exec

import (
	"errors"
	"os"
	osexec "os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// start starts c, through cmd.exe if it is a batch file, and binds its life to ours.
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
	child.SysProcAttr.CmdLine = line // "" is made of the arguments
	if err := child.Start(); errors.Is(err, windows.ERROR_FILENAME_EXCED_RANGE) {
		return nil, nil, errors.New("the command line is too long") // 32767 characters; Windows speaks of a file name
	} else if err != nil {
		return nil, nil, err
	}
	return child, bind(child.Process), nil
}

// tied are the attributes of a child's process: bind does here what they do elsewhere.
func tied() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

// bind makes the system end the child when we are killed, which tells nobody else (TerminateProcess): on Unix too, where a child takes
// the place of awsexec, it is the child that is killed then. The job that does it is closed with our last handle of it.
//
// The child's own children are not held. What becomes of them is theirs to decide, as without awsexec. If the system refuses, the
// child runs all the same.
func bind(child *os.Process) (release func()) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return func() {}
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{
		LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | windows.JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK,
	}}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err == nil {
		_ = child.WithHandle(func(process uintptr) { _ = windows.AssignProcessToJobObject(job, windows.Handle(process)) })
	}
	return func() { windows.CloseHandle(job) }
}

// handled are the console events that Run takes while its child runs: Ctrl-C and Ctrl-Break, and SIGTERM, which stands for a console
// that is being closed. The child gets them too, and has the few seconds that Windows gives.
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
