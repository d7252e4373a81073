package server

import (
	"fmt"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Place says where a program runs.
type Place struct {
	Core int
	// Priority above 0 runs it before everything else on the core (SCHED_RR, sched(7)), for machines that others use
	// too. It needs root.
	Priority uint32
}

// Start starts a program there, with all the threads that it will have. It ends with this process.
func (p Place) Start(cmd *exec.Cmd) error {
	// Both belong to a thread, and the new process inherits those of the thread that starts it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, only unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("read the cores: %w", err)
	}
	only.Set(p.Core)
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		return fmt.Errorf("use core %d: %w", p.Core, err)
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	err := p.start(cmd)
	if back := unix.SchedSetaffinity(0, &before); err == nil {
		err = back
	}
	return err
}

func (p Place) start(cmd *exec.Cmd) error {
	if p.Priority == 0 {
		return cmd.Start()
	}
	usual, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return fmt.Errorf("read the priority: %w", err)
	}
	first := &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: p.Priority}
	if err := unix.SchedSetAttr(0, first, 0); err != nil {
		return fmt.Errorf("take priority: %w", err)
	}
	err = cmd.Start()
	if back := unix.SchedSetAttr(0, usual, 0); err == nil {
		err = back
	}
	return err
}
