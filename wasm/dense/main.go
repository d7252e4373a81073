// Command dense writes a WebAssembly module of Go's linker anew, so that it compresses better.
//
//	go run ./wasm/dense FILE
//
// Where data holds eight zeros or more, the linker begins another segment, and each segment has its offset before it.
// The runtime's table of functions (findfunctab) has a few bytes every 20: with it the page core has 75,000 segments.
// Zeros compress to almost nothing, offsets do not. With one segment in place of neighbours the core takes 829 kB in
// brotli, not 914, and the encryption worker's program 615 kB, not 676. Browsers also refuse more than 100,000 segments
// (WebAssembly JavaScript Interface, "Implementation-defined Limits").
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: dense FILE")
		os.Exit(2)
	}
	if err := rewrite(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "dense:", err)
		os.Exit(1)
	}
}

// rewrite does it to a file.
func rewrite(file string) error {
	module, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	module, err = dense(module)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, module, 0o755)
}

const (
	// maxGap is how many zeros between two segments are written out, in bytes. Less would leave segments of the tables
	// apart; more would write out whole pages of nothing and save no further byte.
	maxGap = 64

	magic = "\x00asm\x01\x00\x00\x00"

	// Ids of sections (WebAssembly Core Specification, 5.5.2).
	importSection    = 2
	dataSection      = 11
	dataCountSection = 12
)

var (
	errMalformed = errors.New("no WebAssembly module as Go's linker makes them")
	// errImports: memory from outside need not hold zeros where the module writes nothing.
	errImports = errors.New("module imports its memory, or something unknown")
)

// dense returns a module that does the same with fewer segments of data. Everything else stays as it is.
func dense(module []byte) ([]byte, error) {
	if len(module) < len(magic) || string(module[:len(magic)]) != magic {
		return nil, errMalformed
	}
	out := []byte(magic)
	for r := (reader{b: module[len(magic):]}); len(r.b) > 0; {
		id := r.byte()
		body := r.take(r.unsigned())
		if r.bad || id == dataCountSection {
			return nil, errMalformed
		}
		switch id {
		case importSection:
			if !onlyFunctions(body) {
				return nil, errImports
			}
		case dataSection:
			list, ok := segments(body)
			if !ok {
				return nil, errMalformed
			}
			body = section(join(list))
		}
		out = binary.AppendUvarint(append(out, id), uint64(len(body)))
		out = append(out, body...)
	}
	return out, nil
}

// onlyFunctions reports whether a section of imports has functions and nothing else.
func onlyFunctions(body []byte) bool {
	r := reader{b: body}
	for n := r.unsigned(); n > 0 && !r.bad; n-- {
		r.take(r.unsigned()) // the module
		r.take(r.unsigned()) // the name
		if r.byte() != 0 {
			return false
		}
		r.unsigned() // the type
	}
	return !r.bad && len(r.b) == 0
}
