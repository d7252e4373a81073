package bidi

import (
	"os/exec"
	"syscall"
)

// ownGroup puts cmd into a new process group and ties it to this process: a
// test binary that is killed leaves no browser behind.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// killGroup kills what ownGroup's cmd started; the group may be empty.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
