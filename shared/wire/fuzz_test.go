package wire

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzDecodeClient: what the relay accepts is written back and read as the same; what it refuses has a code.
func FuzzDecodeClient(f *testing.F) {
	for _, m := range clientSamples() {
		b, err := EncodeClient(m, 7)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Add([]byte(`{"T":"ping","N":1}`))
	f.Add([]byte(`{"t":"chat","d":{"text":"\ud800","text":"b"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, n, err := DecodeClient(b)
		if err != nil {
			require.Nil(t, m)
			require.IsType(t, &Error{}, err)
			return
		}
		b, err = EncodeClient(m, n)
		require.NoError(t, err)
		again, n2, err := DecodeClient(b)
		require.NoError(t, err)
		require.Equal(t, n, n2)
		b2, err := EncodeClient(again, n2)
		require.NoError(t, err)
		require.Equal(t, string(b), string(b2))
	})
}

// FuzzDecodeServer: a client survives whatever a relay of another kind may send.
func FuzzDecodeServer(f *testing.F) {
	for _, m := range serverSamples() {
		b, err := EncodeServer(m, 7)
		require.NoError(f, err)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, re, err := DecodeServer(b)
		if err != nil || m == nil {
			return
		}
		b, err = EncodeServer(m, re)
		require.NoError(t, err)
		_, _, err = DecodeServer(b)
		require.NoError(t, err)
	})
}
