package lv_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/lv"
	"github.com/conclave-meet/conclave/shared/published"
)

func ramp(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

func unhex(t *testing.T, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(digits)
	require.NoError(t, err)
	return b
}

func TestPublishedConcatenations(t *testing.T) {
	// Each block maps a Python expression to its value.
	var blocks []map[string]any
	published.Read(t, "cpace/draft-embedded-json-blocks.json", &blocks)
	require.Len(t, blocks, 26)
	rows := []struct {
		block int
		name  string
		parts [][]byte
	}{
		{0, "prepend_len(b'')", [][]byte{nil}},
		{0, "prepend_len(b'1234')", [][]byte{[]byte("1234")}},
		{0, "prepend_len(bytes(range(127)))", [][]byte{ramp(127)}},
		{0, "prepend_len(bytes(range(128)))", [][]byte{ramp(128)}},
		{1, "lv_cat(b'1234',b'5',b'',b'678')", [][]byte{[]byte("1234"), []byte("5"), nil, []byte("678")}},
		{3, "transcript_ir(b'123',b'PartyA',b'234',b'PartyB')", [][]byte{[]byte("123"), []byte("PartyA"), []byte("234"), []byte("PartyB")}},
		{3, "transcript_ir(b'3456',b'PartyA',b'2345',b'PartyB')", [][]byte{[]byte("3456"), []byte("PartyA"), []byte("2345"), []byte("PartyB")}},
	}
	t.Logf("%d concatenations", len(rows))
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			want, ok := blocks[row.block][row.name].(string)
			require.True(t, ok)
			assert.Equal(t, unhex(t, want), lv.Cat(row.parts...))
		})
	}
}

func TestPartsComeBackAsTheyWere(t *testing.T) {
	parts := [][]byte{ramp(0), ramp(1), ramp(127), ramp(128), ramp(16383), ramp(16384)}
	joined := lv.Cat(parts...)
	assert.Len(t, joined, 0+1+127+128+16383+16384+3*1+2*2+3)
	assert.Equal(t, len(joined), cap(joined), "one allocation of the right size")
	assert.Equal(t, joined, lv.Append(nil, parts...))
	assert.Equal(t, []byte{0x80, 0x80, 1, 0, 1, 2}, joined[len(joined)-16384-3:][:6], "the last length, and what follows it")

	rest := joined
	for i, want := range parts {
		part, after, err := lv.Cut(rest)
		require.NoError(t, err, "part %d", i)
		assert.True(t, bytes.Equal(want, part), "part %d", i)
		rest = after
	}
	assert.Empty(t, rest)
	assert.Empty(t, lv.Cat())
}

func TestAPartCannotGrowIntoWhatFollowsIt(t *testing.T) {
	joined := lv.Cat([]byte("one"), []byte("two"))
	part, rest, err := lv.Cut(joined)
	require.NoError(t, err)
	_ = append(part, "overwritten"...)
	part, _, err = lv.Cut(rest)
	require.NoError(t, err)
	assert.Equal(t, "two", string(part))
}

func TestEveryProperPrefixIsRefused(t *testing.T) {
	for _, size := range []int{0, 1, 127, 128, 300} {
		whole := lv.Cat(ramp(size))
		for n := range whole {
			_, _, err := lv.Cut(whole[:n])
			assert.ErrorIs(t, err, lv.ErrMalformed, "%d bytes of %d", n, len(whole))
		}
	}
}

func TestOnlyTheShortestLengthIsRead(t *testing.T) {
	for _, row := range []struct{ name, encoded string }{
		{"nothing, in two bytes", "8000"},
		{"one, in two bytes", "8100ff"},
		{"one, in three bytes", "818000ff"},
		{"a length that does not end", "ffffffffffffffffffff"},
		{"a length of more than 64 bits", "ffffffffffffffffff7f"},
		{"a length that is negative as a signed number", "ffffffffffffffffff01"},
		{"more than there is", "0201"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, _, err := lv.Cut(unhex(t, row.encoded))
			assert.ErrorIs(t, err, lv.ErrMalformed)
		})
	}
}

// Whatever is read is what would be written.
func FuzzCut(f *testing.F) {
	for _, b := range [][]byte{nil, {0}, {1}, {1, 2}, {0x80, 0}, {0x80, 1}, lv.Cat(ramp(128), nil, ramp(2))} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var parts [][]byte
		rest := b
		for len(rest) > 0 {
			part, after, err := lv.Cut(rest)
			if err != nil {
				break
			}
			parts, rest = append(parts, part), after
		}
		assert.True(t, bytes.Equal(b[:len(b)-len(rest)], lv.Cat(parts...)))
	})
}
