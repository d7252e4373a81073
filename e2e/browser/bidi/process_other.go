//go:build !linux

package bidi

import "os/exec"

// Process groups differ from system to system; elsewhere the program alone is
// killed, and takes its children along when its pipe to them closes.
func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
