package harness

import "syscall"

// endsWithUs has a child process end when this one does, however that happens.
func endsWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
