package channel

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
)

func TestTheSizeOfChatIsKnownBeforeItIsSealed(t *testing.T) {
	c := New(handshake.Keys{Send: [32]byte{1}, Receive: [32]byte{2}})
	for _, n := range []int{1, 236, 237, 238, 500, MaxText} {
		for _, body := range []Body{Chat{Text: strings.Repeat("x", n)}, Whisper{Text: strings.Repeat("x", n)}} {
			r, err := Make(body)
			require.NoError(t, err)
			sealed, err := c.Seal(nil, r)
			require.NoError(t, err)
			assert.Len(t, sealed, ChatSize(n), "%T with %d bytes", body, n)
		}
	}
}
