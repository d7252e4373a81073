package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/conclave-meet/conclave/e2e/bench/adapter"
	"github.com/conclave-meet/conclave/e2e/bench/server"
)

// machine describes what is measured, and on what.
func machine(kinds []server.Kind) []string {
	var u unix.Utsname
	kernel := "an unknown kernel"
	if unix.Uname(&u) == nil {
		kernel = "Linux " + unix.ByteSliceToString(u.Release[:])
	}
	all := []string{fmt.Sprintf("%s, %d cores, %s; the server alone on one core, the generator on another, packets of %d bytes over loopback", processor(), runtime.NumCPU(), kernel, packetSize)}
	for _, k := range kinds {
		if v := version(k); v != "" {
			all = append(all, k.Name+": "+v)
		}
	}
	return all
}

// processor is the name that the first core gives itself.
func processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for l := range bytes.Lines(b) {
		if name, value, ok := strings.Cut(string(l), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// version is what a server says of itself, in one line; "": it says nothing useful.
func version(k server.Kind) string {
	switch k.Name {
	case adapter.Conclave:
		return runtime.Version() + revision(k.Program)
	case adapter.LiveKit:
		return said(k.Program, "livekit-server version ")
	case adapter.Janus:
		return said(k.Program, "Janus version: ")
	}
	return ""
}

// revision is the commit that a Go program was built from.
func revision(program string) string {
	out, err := exec.Command("go", "version", "-m", program).Output()
	if err != nil {
		return ""
	}
	for l := range bytes.Lines(out) {
		if _, v, ok := strings.Cut(strings.TrimSpace(string(l)), "vcs.revision="); ok {
			return ", commit " + v[:min(12, len(v))]
		}
	}
	return ""
}

// said is the rest of the line that begins with prefix, of what `program --version` prints.
func said(program, prefix string) string {
	out, _ := exec.Command(program, "--version").CombinedOutput() // Janus says it and then fails
	for l := range bytes.Lines(out) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(string(l)), prefix); ok {
			return v
		}
	}
	return ""
}
