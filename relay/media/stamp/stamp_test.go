package stamp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestWithoutAStampAPacketCameNow(t *testing.T) {
	for _, control := range [][]byte{nil, {}, make([]byte, Size), {1, 2, 3}} {
		before := time.Now()
		at := Came(control)
		assert.False(t, at.Before(before))
		assert.False(t, at.After(time.Now()))
	}
}
