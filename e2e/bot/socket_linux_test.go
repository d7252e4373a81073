package bot

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAPacketCameBeforeItWasRead(t *testing.T) {
	s, err := listen()
	require.NoError(t, err)
	defer s.Close()
	b := make([]byte, 100)
	// takes sends packets to itself, and reports whether all came between then and before they were read.
	takes := func(list ...string) bool {
		between := true
		before := time.Now().Round(0)
		for _, x := range list {
			_, err = s.WriteTo([]byte(x), s.LocalAddr())
			require.NoError(t, err)
		}
		sent := time.Now().Round(0) // on loopback it is there when it is sent
		for _, x := range list {
			n, from, came, err := s.receive(b)
			require.NoError(t, err)
			assert.Equal(t, x, string(b[:n]))
			assert.Equal(t, s.LocalAddr().String(), from.String())
			between = between && !came.Before(before) && !came.After(sent)
			before = came
		}
		return between
	}
	// The kernel begins to look at its clock some time after it was asked to, and until then when a packet is read.
	for begun := time.Now(); !takes("first"); {
		require.Less(t, time.Since(begun), 10*time.Second)
	}
	assert.True(t, takes("one", "two", "three"))
}
