package sframe_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

// edges are the numbers around which encodings change, and the ends.
func edges() []uint64 {
	all := []uint64{0, 1, 6, 7, 8, 9, math.MaxUint64}
	for shift := 8; shift < 64; shift += 8 {
		all = append(all, 1<<shift-1, 1<<shift, 1<<shift+1)
	}
	return all
}

func TestAHeaderComesBackAndNoPrefixOfItDoes(t *testing.T) {
	for _, kid := range edges() {
		for _, ctr := range edges() {
			want := sframe.Header{KID: sframe.KeyID(kid), Counter: sframe.Counter(ctr)}
			encoded := want.Append(nil)
			require.LessOrEqual(t, len(encoded), sframe.MaxHeader)

			got, n, err := sframe.ParseHeader(append(encoded, 0xFF, 0xFF))
			require.NoError(t, err)
			assert.Equal(t, want, got)
			assert.Equal(t, len(encoded), n, "what follows is not of the header")

			for i := range encoded {
				_, _, err := sframe.ParseHeader(encoded[:i])
				assert.ErrorIs(t, err, sframe.ErrMalformed, "%x", encoded[:i])
			}
		}
	}
}

func TestAHeaderIsAppended(t *testing.T) {
	assert.Equal(t, []byte{1, 2, 0x79, 1, 0}, sframe.Header{KID: 7, Counter: 256}.Append([]byte{1, 2}))
}

func TestOnlyTheShortestEncodingIsRead(t *testing.T) {
	for _, row := range []struct{ name, encoded string }{
		{"a KID that fits the config byte", "8007"},
		{"a counter that fits the config byte", "0807"},
		{"a zero KID in a byte", "8000"},
		{"a KID with a leading zero", "900008"},
		{"a counter with a leading zero", "0900ff"},
		{"a counter of eight bytes with a leading zero", "0f00ffffffffffffff"},
		{"a KID of eight zeros", "f00000000000000000"},
		{"a good KID before a long counter", "880807"},
		{"a long KID before a good counter", "880708"},
	} {
		t.Run(row.name, func(t *testing.T) {
			b, err := hex.DecodeString(row.encoded)
			require.NoError(t, err)
			_, _, err = sframe.ParseHeader(b)
			assert.ErrorIs(t, err, sframe.ErrMalformed)
		})
	}
}

// Every config byte followed by all that could follow: whatever is read is what would be written.
func FuzzParseHeader(f *testing.F) {
	for config := range 256 {
		f.Add(append([]byte{byte(config)}, bytes.Repeat([]byte{0x81}, 16)...))
	}
	f.Add([]byte{})
	f.Add([]byte{0x80})
	f.Add([]byte{0x0F, 0, 0, 0, 0, 0, 0, 0, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := sframe.ParseHeader(b)
		if err != nil {
			return
		}
		assert.Equal(t, b[:n], h.Append(nil), fmt.Sprintf("%+v", h))
	})
}
