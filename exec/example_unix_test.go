//go:build unix

package exec_test

import (
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/exec"
)

func ExampleLookPath() {
	path, err := exec.LookPath("sh", "/nowhere:/bin")
	fmt.Println(path, err)

	_, err = exec.LookPath("no-such-program", "/bin")
	fmt.Println(errors.Is(err, exec.ErrNotFound))
	// Output:
	// /bin/sh <nil>
	// true
}

func ExampleCmd_Run() {
	c := exec.Cmd{
		Path: "/bin/sh",
		Args: []string{"sh", "-c", `echo "profile $AWSEXEC_PROFILE"; exit 3`},
		Env:  []string{"AWSEXEC_PROFILE=work"},
	}
	code, err := c.Run()
	fmt.Println(code, err)
	// Output:
	// profile work
	// 3 <nil>
}
