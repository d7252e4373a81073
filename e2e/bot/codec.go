package bot

import (
	"strings"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
)

// codecNames are the video codecs that a bot can send, by their names in signalling. In clear it is VP8, which bots make
// pictures in. Sealed, it does not matter what is in a frame, only how it is cut into packets.
var codecNames = map[string]envelope.Codec{"VP8": envelope.VP8, "VP9": envelope.VP9, "AV1": envelope.AV1}

func nameOf(codec envelope.Codec) string {
	for name, c := range codecNames {
		if c == codec {
			return name
		}
	}
	return ""
}

// mimes are the names of codecs in descriptions.
var mimes = map[envelope.Codec]string{
	envelope.Opus: webrtc.MimeTypeOpus, envelope.VP8: webrtc.MimeTypeVP8, envelope.VP9: webrtc.MimeTypeVP9, envelope.AV1: webrtc.MimeTypeAV1,
}

// payloadTypes are those of a bot's descriptions; each with that of its retransmissions one above.
var payloadTypes = map[uint8]envelope.Codec{typeVP8: envelope.VP8, typeVP9: envelope.VP9, typeAV1: envelope.AV1}

// scalable reports whether the relay counts layers of one stream rather than streams.
func scalable(c envelope.Codec) bool { return c == envelope.VP9 || c == envelope.AV1 }

// sameCodec reports whether a description means codec.
func sameCodec(mime string, codec envelope.Codec) bool { return strings.EqualFold(mime, mimes[codec]) }

// vp9 appends the VP9 payload descriptor (RFC 9628, section 4.2) of a packet of a key frame or another, with pictures
// numbered as VP8's. end: the frame's last packet.
func (d descriptor) vp9(b []byte, key, end bool) []byte {
	first := byte(0x80 | 0x20) // I, L
	if !key {
		first |= 0x40 // P
	}
	if d.start {
		first |= 0x08 // B
	}
	if end {
		first |= 0x04 // E
	}
	layer := d.tid << 5
	if d.sync {
		layer |= 0x10 // U
	}
	return append(b, first, 0x80|byte(d.picture>>8), byte(d.picture), layer, d.tl0)
}

// packets cuts a sealed frame into payloads.
func (d descriptor) packets(codec envelope.Codec, key bool, sealed []byte) (list [][]byte) {
	if codec == envelope.AV1 {
		return new(codecs.AV1Payloader).Payload(maxPart, sealed)
	}
	for at := 0; at < len(sealed); at += maxPart {
		part := sealed[at:min(at+maxPart, len(sealed))]
		d.start = at == 0
		head := make([]byte, 0, 8+len(part))
		if codec == envelope.VP9 {
			head = d.vp9(head, key, at+len(part) == len(sealed))
		} else {
			head = d.append(head)
		}
		list = append(list, append(head, part...))
	}
	return list
}

// piece is what one packet has of a sealed frame.
type piece struct {
	start bool
	key   bool // as far as the packet tells
	part  []byte
}

// unpack reads the payload of a packet of video. av1 is the state of that codec's packets in this slot.
func unpack(p *rtp.Packet, av1 *codecs.AV1Depacketizer) (x piece, ok bool) {
	switch payloadTypes[p.PayloadType] {
	case envelope.VP8:
		var d codecs.VP8Packet
		part, err := d.Unmarshal(p.Payload)
		x = piece{start: d.S == 1 && d.PID == 0, part: part}
		x.key = x.start && len(part) > 0 && part[0]&1 == 0
		return x, err == nil && len(part) > 0
	case envelope.VP9:
		var d codecs.VP9Packet
		part, err := d.Unmarshal(p.Payload)
		return piece{start: d.B, key: !d.P, part: part}, err == nil && len(part) > 0
	case envelope.AV1:
		part, err := av1.Unmarshal(p.Payload)
		return piece{start: !av1.Z, key: av1.N, part: part}, err == nil
	}
	return piece{}, false
}

// typeOf is the payload type of a video codec.
func typeOf(codec envelope.Codec) webrtc.PayloadType {
	for pt, c := range payloadTypes {
		if c == codec {
			return webrtc.PayloadType(pt)
		}
	}
	return 0
}

// fmtps are the parameters that Chromium offers of a codec, as far as they have to agree.
var fmtps = map[envelope.Codec]string{envelope.VP9: "profile-id=0", envelope.AV1: "level-idx=5;profile=0;tier=0"}

// codecs are the video codecs that the bot offers.
func (b *Bot) codecs() []envelope.Codec {
	if c, ok := codecNames[b.cfg.E2EE.Codec]; ok && c != envelope.VP8 {
		return []envelope.Codec{envelope.VP8, c}
	}
	return []envelope.Codec{envelope.VP8}
}
