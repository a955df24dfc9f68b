//go:build !linux

package keyringtest

import "syscall"

func detached() *syscall.SysProcAttr { return nil }
