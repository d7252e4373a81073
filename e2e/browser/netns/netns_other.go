//go:build !linux

package netns

import (
	"errors"
	"testing"
)

func again(t *testing.T, required bool) {
	t.Helper()
	if required {
		t.Fatal("no private network: Linux only")
	}
	t.Skip("no private network allowed here (Linux only)")
}

func plug() error { return errors.ErrUnsupported }
