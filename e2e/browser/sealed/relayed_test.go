package sealed

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

// gram is how long a run of an encoder's bytes must be to be found in what the relay forwards. Of random bytes a run of
// eight is the same as one of a million others once in 2^44 places.
const gram = 8

// mostChiSquare is eight standard deviations over the mean of random bytes: once in 10^12 runs they are further.
const mostChiSquare = 255 + 8*22.6

// known is what is known of a sender's frames.
type known struct {
	sealed map[string]*passed // by what went on
	grams  map[uint64]bool    // all runs of gram bytes in what encoders made
}

func knownOf(lists ...[]passed) *known {
	k := &known{map[string]*passed{}, map[uint64]bool{}}
	for _, list := range lists {
		for i := range list {
			f := &list[i]
			k.sealed[string(f.Sealed)] = f
			for at := 0; at+gram <= len(f.Clear); at++ {
				k.grams[binary.BigEndian.Uint64(f.Clear[at:])] = true
			}
		}
	}
	return k
}

// runs is how many places in b hold a run of what encoders made.
func (k *known) runs(b []byte) (n int) {
	for at := 0; at+gram <= len(b); at++ {
		if k.grams[binary.BigEndian.Uint64(b[at:])] {
			n++
		}
	}
	return n
}

// check holds a piece against e2ee.md, table 4.4, byte by byte, and returns its ciphertext. The last bytes of an
// envelope are its trailer; before that are the clear bytes of the codec, which are the sender's; then a header that
// names who the relay says it is; and the rest is as the sender's encryption made it, with nothing of the encoder's in it.
func (k *known) check(p piece) ([]byte, error) {
	if len(p.data) < 2 {
		return nil, errors.New("too short for an envelope")
	}
	f := k.sealed[string(p.data)]
	if f == nil {
		return nil, errors.New("not as any sender's transform made it")
	}
	clear, err := clearBytes(p)
	if err != nil {
		return nil, err
	}
	if p.codec == envelope.VP8 && !bytes.Equal(p.data[:clear], f.Clear[:clear]) {
		return nil, errors.New("clear bytes are not the encoder's")
	}
	rest := p.data[clear : len(p.data)-1]
	h, n, err := sframe.ParseHeader(rest)
	if err != nil {
		return nil, fmt.Errorf("header %x: %w", rest[:min(len(rest), sframe.MaxHeader)], err)
	}
	id, ok := senderkey.Parse(h.KID)
	if !ok || id.Index != uint16(p.source.Member) || id.Stream != senderkey.Stream(p.source.Stream) {
		return nil, fmt.Errorf("sealed by %+v", id)
	}
	const tag = 16
	want := len(f.Clear) + n + tag
	if p.codec == envelope.VP8 {
		want -= clear
	}
	// Sound is made longer before it is sealed (package opus).
	if len(rest) < want || len(rest) > want && p.codec != envelope.Opus {
		return nil, fmt.Errorf("%d bytes of a frame of %d", len(rest), len(f.Clear))
	}
	if k.runs(rest) > 0 {
		return nil, errors.New("bytes of an encoder's in the ciphertext")
	}
	return rest[n:], nil
}

// clearBytes is how many bytes table 4.4 leaves clear at the beginning of a piece.
func clearBytes(p piece) (int, error) {
	first, trailer := p.data[0], p.data[len(p.data)-1]
	wrong := fmt.Errorf("begins with %#02x, ends with %#02x", first, trailer)
	switch p.codec {
	case envelope.VP8:
		if key := first&1 == 0; key && trailer == 10 && len(p.data) > 10 {
			return 10, nil
		} else if !key && trailer == 1 {
			return 1, nil
		}
	case envelope.AV1:
		if (first == 0x08 || first == 0x30) && trailer == 0xf1 {
			return 1, nil
		}
	case envelope.Opus, envelope.VP9:
		if trailer == 0 {
			return 0, nil
		}
	}
	return 0, wrong
}

// chiSquare is how far the bytes of b are from all being equally frequent: near 255 for random bytes, with a standard
// deviation of 22.6.
func chiSquare(b []byte) (x float64) {
	var counts [256]int
	for _, c := range b {
		counts[c]++
	}
	mean := float64(len(b)) / 256
	for _, n := range counts {
		x += (float64(n) - mean) * (float64(n) - mean) / mean
	}
	return x
}

// shrunk is the share of b that is left of it when it is compressed; a little over 1 for random bytes.
func shrunk(b []byte) float64 {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(b) // memory takes all
	_ = w.Close()
	return float64(out.Len()) / float64(len(b))
}
