package sealed

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/wire"
)

// The check of what the relay forwards must find everything that it is there for.
func TestTheCheckOfForwardedFramesFindsWhatIsWrong(t *testing.T) {
	chance := rand.NewChaCha8([32]byte{1})
	clear := make([]byte, 500)
	_, _ = chance.Read(clear)
	for _, codec := range []envelope.Codec{envelope.Opus, envelope.VP8, envelope.VP9, envelope.AV1} {
		var s e2ee.Frames
		require.NoError(t, s.SetSender(7, senderkey.Key{Base: [32]byte{2}}))
		stream := wire.Cam
		if codec.Audio() {
			stream = wire.Mic
		}
		sealed, err := s.Seal(nil, e2ee.Frame{Stream: senderkey.Stream(stream), Codec: codec}, clear)
		require.NoError(t, err)
		p := piece{source: wire.Source{Member: 7, Stream: stream}, codec: codec, data: sealed}
		good := func() *known { return knownOf([]passed{{Clear: clear, Sealed: sealed}}) }
		rest, err := good().check(p)
		require.NoError(t, err, codec)
		assert.Greater(t, len(rest), 480)
		// alike is a frame that its sender made so.
		alike := func(data []byte) error {
			p := p
			p.data = data
			_, err := knownOf([]passed{{Clear: clear, Sealed: data}}).check(p)
			return err
		}
		assert.NoError(t, alike(sealed))
		assert.Error(t, alike(clear), "a clear frame")
		assert.Error(t, alike(append(bytes.Clone(clear), sealed[len(sealed)-1])), "with a trailer")
		assert.Error(t, alike(sealed[:len(sealed)-1]), "without a trailer")
		leak := bytes.Clone(sealed)
		copy(leak[100:], clear[200:200+gram])
		assert.ErrorContains(t, alike(leak), "encoder's in the ciphertext")
		p.source.Member++
		_, err = good().check(p)
		assert.ErrorContains(t, err, "sealed by", "somebody else's")
		p.source.Member--
		p.data = bytes.Clone(sealed)
		p.data[50] ^= 1
		_, err = good().check(p)
		assert.ErrorContains(t, err, "not as any sender's", "changed on the way")
	}
}

func TestRandomBytesAreToldFromOthers(t *testing.T) {
	b := make([]byte, 1<<17)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	assert.Less(t, chiSquare(b), mostChiSquare)
	assert.Greater(t, shrunk(b), 0.999)
	// One byte in fifty is none of the random ones.
	for i := 0; i < len(b); i += 50 {
		b[i] = 0
	}
	assert.Greater(t, chiSquare(b), mostChiSquare)
}

func TestElementsOfAV1(t *testing.T) {
	list, err := elements([]byte{0x10, 1, 2, 3})
	require.NoError(t, err)
	assert.Equal(t, []part{{true, true, false, []byte{1, 2, 3}}}, list)
	list, err = elements([]byte{0xe0, 2, 1, 2, 3, 4})
	require.NoError(t, err)
	assert.Equal(t, []part{{false, true, false, []byte{1, 2}}, {true, false, false, []byte{3, 4}}}, list)
	list, err = elements([]byte{0x00, 1, 9, 2, 8, 7})
	require.NoError(t, err)
	assert.Equal(t, []part{{true, true, true, []byte{9}}, {true, true, true, []byte{8, 7}}}, list)
	for _, b := range [][]byte{{}, {0x10}, {0x00, 5, 1}, {0x20, 0x80}} {
		_, err := elements(b)
		assert.Error(t, err, b)
	}
}
