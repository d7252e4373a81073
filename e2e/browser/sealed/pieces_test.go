package sealed

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/wire"
)

// piece is what one call of the sender's transform made, put together again from packets: a frame of VP8 or Opus, a
// spatial layer's frame of VP9, an OBU of AV1.
type piece struct {
	source wire.Source
	codec  envelope.Codec
	stamp  uint32 // RTP time stamp: of all pieces of a picture the same
	key    bool   // of a picture that needs no other, as the packets say it
	data   []byte
}

// picture is what a decoder is given at a time.
type picture struct {
	Key  bool   `json:"key"`
	Data []byte `json:"data"`
}

// codecOf is the codec of a payload type of the wiretap's.
var codecOf = map[uint8]envelope.Codec{111: envelope.Opus, 96: envelope.VP8, 98: envelope.VP9, 45: envelope.AV1}

// depacketise puts together what came in all slots. What lacks a packet is left out.
func depacketise(packets []*rtp.Packet) ([]piece, error) {
	slots := map[uint32][]*rtp.Packet{}
	for _, p := range packets {
		if len(p.Payload) > 0 { // else it is padding
			slots[p.SSRC] = append(slots[p.SSRC], p)
		}
	}
	var all []piece
	for _, list := range slots {
		slices.SortStableFunc(list, func(a, b *rtp.Packet) int { return int(int16(a.SequenceNumber - b.SequenceNumber)) })
		some, err := slot(list)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(a, b piece) int { return cmp.Compare(a.source.CSRC(), b.source.CSRC()) })
	return all, nil
}

// slot puts together what came in a slot, packets in order.
func slot(packets []*rtp.Packet) (all []piece, err error) {
	var open *piece // what has begun, as long as nothing of it is missing
	for i, p := range packets {
		src, codec := wire.Source{}, codecOf[p.PayloadType]
		if len(p.CSRC) == 1 {
			src, _ = wire.SourceOf(p.CSRC[0])
		}
		if codec == 0 || src.Member == 0 {
			return nil, fmt.Errorf("a packet of payload type %d of sources %v", p.PayloadType, p.CSRC)
		}
		if i > 0 && p.SequenceNumber != packets[i-1].SequenceNumber+1 {
			open = nil
		}
		parts, err := unpack(codec, p)
		if err != nil {
			return nil, fmt.Errorf("a packet of %v: %w", src, err)
		}
		for _, x := range parts {
			if x.first {
				open = &piece{source: src, codec: codec, stamp: p.Timestamp, key: x.key}
			}
			if open == nil || open.source != src || open.codec != codec {
				open = nil
				continue
			}
			open.data = append(open.data, x.data...)
			if x.last {
				all = append(all, *open)
				open = nil
			}
		}
	}
	return all, nil
}

// part is a part of a piece.
type part struct {
	first, last bool
	key         bool // where first
	data        []byte
}

func unpack(codec envelope.Codec, p *rtp.Packet) ([]part, error) {
	switch codec {
	case envelope.VP8:
		var d codecs.VP8Packet
		data, err := d.Unmarshal(p.Payload)
		first := d.S == 1 && d.PID == 0
		return []part{{first, p.Marker, first && data[0]&1 == 0, data}}, err
	case envelope.VP9:
		var d codecs.VP9Packet
		data, err := d.Unmarshal(p.Payload)
		return []part{{d.B, d.E, !d.P, data}}, err
	case envelope.AV1:
		return elements(p.Payload)
	}
	return []part{{true, true, false, p.Payload}}, nil
}

var errAggregation = errors.New("no AV1 aggregation header")

// elements are the OBU elements of a packet (RTP payload format for AV1, section 4.3 and 4.4): whole OBUs and parts of
// some.
func elements(b []byte) (list []part, err error) {
	if len(b) < 2 {
		return nil, errAggregation
	}
	goesOn, breaks, count := b[0]&0x80 != 0, b[0]&0x40 != 0, int(b[0]>>4&3)
	for b = b[1:]; len(b) > 0; {
		size := len(b)
		if count == 0 || len(list) < count-1 {
			n, value := 0, 0
			for {
				if n == len(b) || n == 4 {
					return nil, errAggregation
				}
				value |= int(b[n]&0x7f) << (7 * n)
				n++
				if b[n-1]&0x80 == 0 {
					break
				}
			}
			if b, size = b[n:], value; size > len(b) {
				return nil, errAggregation
			}
		}
		list = append(list, part{first: true, last: true, key: size > 0 && b[0]&0x78 == 0x08, data: b[:size]})
		b = b[size:]
	}
	if len(list) == 0 {
		return nil, errAggregation
	}
	list[0].first = !goesOn
	list[len(list)-1].last = !breaks
	return list, nil
}

// pictures puts the pieces of each picture of a source together, as a browser does for its decoder. strip takes off a
// piece what is not to be decoded.
func pictures(all []piece, src wire.Source, codec envelope.Codec, strip func(piece) []byte) (out []picture) {
	last := uint32(0)
	for _, p := range all {
		if p.source != src || p.codec != codec {
			continue
		}
		if len(out) == 0 || p.stamp != last {
			out = append(out, picture{})
			last = p.stamp
		}
		x := &out[len(out)-1]
		x.Key = x.Key || p.key
		x.Data = append(x.Data, sized(codec, strip(p))...)
	}
	return out
}

// sized gives an OBU the size field that decoders want (AV1 specification, section 5.3).
func sized(codec envelope.Codec, b []byte) []byte {
	if codec != envelope.AV1 || len(b) == 0 || b[0]&2 != 0 {
		return b
	}
	head := 1
	if b[0]&4 != 0 && len(b) > 1 { // an extension
		head = 2
	}
	out := append([]byte{b[0] | 2}, b[1:head]...)
	for n := len(b) - head; ; n >>= 7 {
		if n < 0x80 {
			out = append(out, byte(n))
			break
		}
		out = append(out, byte(n)|0x80)
	}
	return append(out, b[head:]...)
}
