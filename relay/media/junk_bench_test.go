package media

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// compound is an RTCP packet with the given body, whose length is a multiple of four.
func compound(format, kind byte, body ...byte) []byte {
	b := []byte{2<<6 | format, kind, 0, 0}
	binary.BigEndian.PutUint16(b[2:], uint16(len(body)/4))
	return append(b, body...)
}

// nothingCame is transport-wide feedback on n packets of which none came.
func nothingCame(n uint16) []byte {
	b := make([]byte, 10, 20)
	b = binary.BigEndian.AppendUint16(b, n)
	b = append(b, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, n)
	return compound(15, 205, append(b, 0, 0)...)
}

// storms are packets full of what costs most to read. ssrc is that of a slot.
func storms(ssrc uint32) map[string][]byte {
	const size = 1400 // bytes
	many := func(b []byte) []byte { return bytes.Repeat(b, size/len(b)) }
	nacks, keys := make([]byte, 8, size), make([]byte, 8, size)
	binary.BigEndian.PutUint32(nacks[4:], ssrc)
	for len(nacks) < size-4 {
		nacks = binary.BigEndian.AppendUint16(nacks, uint16(len(nacks)*17/4))
		nacks = append(nacks, 0xff, 0xff)
	}
	for len(keys) < size-8 {
		keys = binary.BigEndian.AppendUint32(keys, ssrc)
		keys = append(keys, 0, 0, 0, 0)
	}
	return map[string][]byte{
		"all numbers are asked for":          compound(1, 205, nacks...),
		"key frames are asked for":           compound(4, 206, keys...),
		"feedback on packets that were not":  many(nothingCame(2048)),
		"feedback on more than there can be": many(nothingCame(65535)),
		"names":                              many(compound(1, 202, 0, 0, 0, 5, 1, 0, 0, 0)),
		"reports on nothing":                 many(compound(0, 201, 0, 0, 0, 5)),
		"extended reports":                   many(compound(0, 207, 0, 0, 0, 5, 4, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2)),
		"feedback of RFC 8888":               many(compound(11, 205, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0xff, 0xfe, 0, 0, 0, 0)),
	}
}

// What the costliest packets of one client cost, when 1,000 come in a second.
func BenchmarkJunk(b *testing.B) {
	r := unconnected(b)
	now := time.Unix(1000, 0)
	for name, x := range storms(r.s.control.slots[1].ssrc) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(time.Millisecond)
				r.control(x, now)
			}
		})
	}
	k := &track{mid: "1", ssrc: 5, pt: vp8PT, seq: 9}
	p := k.next(true)
	require.NoError(b, p.SetExtension(ridExt, []byte("q")))
	for name, step := range map[string]uint16{"numbers in order": 1, "numbers that leap": 32767, "numbers that leap just not too far": maxLeap} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				k.seq += step
				now = now.Add(time.Millisecond)
				p.SequenceNumber++
				require.NoError(b, p.SetExtension(transportExt, binary.BigEndian.AppendUint16(nil, k.seq)))
				x, err := p.Marshal()
				require.NoError(b, err)
				_, err = r.header.Unmarshal(x)
				require.NoError(b, err)
				r.take(x, now)
				if p.SequenceNumber%60 == 0 {
					_ = r.s.feedback()
				}
			}
		})
	}
}
