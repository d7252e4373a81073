package envelope_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
)

// wrap joins an envelope as a sealer does, with body in place of a ciphertext.
func wrap(h envelope.Head, body []byte) []byte {
	return h.AppendTrailer(append(h.AppendClear(nil), body...))
}

func TestWhatStaysClear(t *testing.T) {
	for _, row := range []struct {
		name            string
		codec           envelope.Codec
		key             bool
		frame           string // in hexadecimal digits, as are the others
		clear, trailer  string
		body, restored  string
		metadataAfterID string
	}{
		{"Opus: nothing", envelope.Opus, false, "789abc", "", "00", "789abc", "", "00"},
		{"VP9: nothing, key frame or not", envelope.VP9, true, "8249830010", "", "00", "8249830010", "", "00"},
		{"VP8 key frame: ten bytes", envelope.VP8, true, "1002009d012a8002e00100ff", "1002009d012a8002e001", "0a", "00ff", "1002009d012a8002e001", "0a1002009d012a8002e001"},
		{"VP8 key frame that nobody called one", envelope.VP8, false, "1002009d012a8002e00100ff", "1002009d012a8002e001", "0a", "00ff", "1002009d012a8002e001", "0a1002009d012a8002e001"},
		{"VP8 delta frame: one byte", envelope.VP8, false, "3102aa", "31", "01", "02aa", "31", "0131"},
		{"VP8 delta frame of one byte", envelope.VP8, true, "31", "31", "01", "", "31", "0131"},
		{"AV1 key frame: a made-up sequence header", envelope.AV1, true, "0a0b0c", "08", "f1", "0a0b0c", "", "f108"},
		{"AV1 delta frame: a made-up frame", envelope.AV1, false, "320b0c", "30", "f1", "320b0c", "", "f130"},
	} {
		t.Run(row.name, func(t *testing.T) {
			frame, err := hex.DecodeString(row.frame)
			require.NoError(t, err)
			head, body, err := envelope.Split(row.codec, row.key, frame)
			require.NoError(t, err)
			assert.Equal(t, row.clear, hex.EncodeToString(head.AppendClear(nil)))
			assert.Equal(t, row.trailer, hex.EncodeToString(head.AppendTrailer(nil)))
			assert.Equal(t, row.body, hex.EncodeToString(body))
			assert.Equal(t, "CNCL1"+unhex(t, row.metadataAfterID), string(head.AppendMetadata(nil)))
			assert.LessOrEqual(t, len(head.AppendMetadata(nil)), 16)

			got, ciphertext, err := envelope.Parse(wrap(head, []byte("ciphertext")))
			require.NoError(t, err)
			assert.Equal(t, head, got)
			assert.Equal(t, "ciphertext", string(ciphertext))
			assert.Equal(t, row.restored, hex.EncodeToString(got.AppendFrame(nil)))
		})
	}
}

func unhex(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return string(b)
}

func TestFramesThatAreNone(t *testing.T) {
	for _, row := range []struct {
		name  string
		codec envelope.Codec
		frame []byte
		want  error
	}{
		{"no codec", 0, []byte{1}, envelope.ErrCodec},
		{"a codec nobody knows", envelope.AV1 + 1, []byte{1}, envelope.ErrCodec},
		{"an empty Opus frame", envelope.Opus, nil, envelope.ErrMalformed},
		{"an empty VP8 frame", envelope.VP8, nil, envelope.ErrMalformed},
		{"an empty VP9 frame", envelope.VP9, nil, envelope.ErrMalformed},
		{"an empty AV1 frame", envelope.AV1, []byte{}, envelope.ErrMalformed},
		{"a VP8 key frame without its size", envelope.VP8, make([]byte, 9), envelope.ErrMalformed},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, _, err := envelope.Split(row.codec, true, row.frame)
			assert.ErrorIs(t, err, row.want)
		})
	}
}

// sized is what a depacketiser makes of an AV1 envelope: the OBU header says that a size follows.
func sized(e []byte) []byte {
	size := len(e) - 1
	out := []byte{e[0] | 2}
	for ; size >= 0x80; size >>= 7 {
		out = append(out, byte(size)|0x80)
	}
	return append(append(out, byte(size)), e[1:]...)
}

func TestTheSizeThatDepacketisersAddIsUndone(t *testing.T) {
	for _, key := range []bool{true, false} {
		for _, n := range []int{0, 1, 17, 126, 127, 128, 1200, 16382, 16383, 1 << 20} {
			head, _, err := envelope.Split(envelope.AV1, key, []byte("frame"))
			require.NoError(t, err)
			body := bytes.Repeat([]byte{0xA5}, n)
			e := sized(wrap(head, body))
			require.Equal(t, map[bool]byte{true: 0x0A, false: 0x32}[key], e[0])

			got, ciphertext, err := envelope.Parse(e)
			require.NoError(t, err)
			assert.Equal(t, head, got, "what is authenticated does not know about the size")
			assert.Equal(t, body, append([]byte{}, ciphertext...))
		}
	}
}

func TestEnvelopesThatAreNone(t *testing.T) {
	for _, row := range []struct{ name, envelope string }{
		{"nothing", ""},
		{"a trailer nobody writes", "aabb02"},
		{"the trailer of H.264, which is off", "aabbf4"},
		{"VP8 without a clear byte", "01"},
		{"VP8 key frame cut within its clear bytes", "1002009d012a8002e0" + "0a"},
		{"VP8 key frame with one clear byte", "10aabb" + "01"},
		{"VP8 delta frame with ten clear bytes", "3102009d012a8002e001aabb" + "0a"},
		{"AV1 without an OBU header", "f1"},
		{"AV1 with an OBU of another type", "10aabb" + "f1"},
		{"AV1 with an OBU extension", "0caabb" + "f1"},
		{"AV1 with the forbidden bit", "88aabb" + "f1"},
		{"AV1 with the reserved bit", "09aabb" + "f1"},
		{"AV1 with a size, which is missing", "0a" + "f1"},
		{"AV1 with a size that is too small", "0a02aabb" + "f1"},
		{"AV1 with a size that is too large", "0a04aabb" + "f1"},
		{"AV1 with a size longer than it need be", "0a8300aabb" + "f1"},
		{"AV1 with a size that does not end", "0affffffffff" + "f1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, _, err := envelope.Parse([]byte(unhex(t, row.envelope)))
			assert.ErrorIs(t, err, envelope.ErrMalformed)
		})
	}
}

func TestOnlyOpusIsSound(t *testing.T) {
	assert.True(t, envelope.Opus.Audio())
	for _, c := range []envelope.Codec{envelope.VP8, envelope.VP9, envelope.AV1} {
		assert.False(t, c.Audio())
	}
}

// What is read is what a sealer would write, but for the size field of AV1.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "\x00", "body\x00", "1body\x01", "\x10234567890body\x0a", "\x08body\xf1", "\x30body\xf1", "\x0a\x05body\xf1", "\x32\x85\x00body\xf1"} {
		f.Add([]byte(seed))
	}
	f.Add(append(sized([]byte("\x08"+strings.Repeat("b", 300))), 0xF1))
	f.Fuzz(func(t *testing.T, b []byte) {
		head, body, err := envelope.Parse(b)
		if err != nil {
			return
		}
		e := wrap(head, body)
		if !bytes.Equal(b, e) {
			require.Equal(t, b, sized(e))
		}
		again, same, err := envelope.Parse(e)
		require.NoError(t, err)
		require.Equal(t, head, again)
		require.Equal(t, body, same)
	})
}

// A frame of any codec comes back whole.
func FuzzSplit(f *testing.F) {
	for codec := envelope.Opus; codec <= envelope.AV1; codec++ {
		f.Add(byte(codec), true, []byte("a frame of some bytes"))
		f.Add(byte(codec), false, []byte("1"))
	}
	f.Fuzz(func(t *testing.T, codec byte, key bool, frame []byte) {
		head, body, err := envelope.Split(envelope.Codec(codec), key, frame)
		if err != nil {
			return
		}
		got, ciphertext, err := envelope.Parse(wrap(head, body))
		require.NoError(t, err)
		require.Equal(t, head, got)
		require.Equal(t, frame, append(got.AppendFrame(nil), ciphertext...))
	})
}
