package bot

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/wire"
)

// kept is how many packets a layer can send again.
const kept = 128

// ridPackets is how many packets of a layer say whose they are. Chromium stops with the first receiver report.
const ridPackets = 50

// outlet is the way of one layer of one stream into one peer connection. It is a webrtc.TrackLocal, which pion's own is
// not enough for: simulcast layers need header extensions, and retransmissions an SSRC of their own.
type outlet struct {
	// constant
	stream wire.Stream
	rid    string // "": the stream has one layer
	cover  cover

	mu     sync.Mutex
	to     webrtc.TrackLocalWriter // guarded by mu, as all below; nil: not negotiated (any more)
	ssrc   uint32
	rtx    uint32
	types  map[envelope.Codec]payloadType // that were agreed on
	ids    map[string]uint8               // of header extensions, by URI
	mid    string
	sent   int
	ring   [kept]sentPacket
	rtxSeq uint16
}

type sentPacket struct {
	ok      bool
	rtx     uint8 // payload type of its retransmission; 0: none
	header  rtp.Header
	payload []byte
}

var errNoCodec = errors.New("the relay takes no codec that a bot sends")

// Bind implements webrtc.TrackLocal.
func (o *outlet) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	want := envelope.VP8
	if o.stream.Kind() == wire.Audio {
		want = envelope.Opus
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var found webrtc.RTPCodecParameters
	o.types = map[envelope.Codec]payloadType{}
	for codec := range mimes {
		for _, x := range c.CodecParameters() {
			if !sameCodec(x.MimeType, codec) {
				continue
			}
			o.types[codec] = payloadType{uint8(x.PayloadType), retransmissions(c.CodecParameters(), x.PayloadType)}
			if codec == want {
				found = x
			}
		}
	}
	if found.PayloadType == 0 {
		return found, errNoCodec
	}
	o.ids = map[string]uint8{}
	for _, x := range c.HeaderExtensions() {
		o.ids[x.URI] = uint8(x.ID)
	}
	o.to = c.WriteStream()
	o.ssrc, o.rtx = uint32(c.SSRC()), uint32(c.SSRCRetransmission())
	return found, nil
}

// payloadType is that of a codec, and that of its retransmissions; 0: none.
type payloadType struct{ pt, rtx uint8 }

func retransmissions(list []webrtc.RTPCodecParameters, of webrtc.PayloadType) uint8 {
	for _, x := range list {
		if strings.EqualFold(x.MimeType, webrtc.MimeTypeRTX) && x.SDPFmtpLine == "apt="+strconv.Itoa(int(of)) {
			return uint8(x.PayloadType)
		}
	}
	return 0
}

// takes reports whether a codec was agreed on.
func (o *outlet) takes(codec envelope.Codec) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.types[codec].pt != 0
}

// Unbind implements webrtc.TrackLocal.
func (o *outlet) Unbind(webrtc.TrackLocalContext) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.to = nil
	return nil
}

// ID, RID, StreamID and Kind implement webrtc.TrackLocal.
func (o *outlet) ID() string       { return o.stream.String() }
func (o *outlet) RID() string      { return o.rid }
func (o *outlet) StreamID() string { return o.stream.String() }
func (o *outlet) Kind() webrtc.RTPCodecType {
	if o.stream.Kind() == wire.Audio {
		return webrtc.RTPCodecTypeAudio
	}
	return webrtc.RTPCodecTypeVideo
}

// name says which m-line it is.
func (o *outlet) name(mid string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mid = mid
}

// layered reports whether the relay can tell the layers of the stream apart.
func (o *outlet) layered() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ids[wire.ExtRid] != 0
}

// send sends a packet of a codec, and keeps it. level is that of audio as in RFC 6464.
func (o *outlet) send(h rtp.Header, codec envelope.Codec, payload []byte, level uint8) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.to == nil || o.types[codec].pt == 0 {
		return
	}
	h.Version, h.PayloadType, h.SSRC = 2, o.types[codec].pt, o.ssrc
	o.extend(&h, wire.ExtLevel, []byte{level}, o.stream.Kind() == wire.Audio)
	o.extend(&h, wire.ExtMid, []byte(o.mid), o.sent < ridPackets)
	o.extend(&h, wire.ExtRid, []byte(o.rid), o.sent < ridPackets && o.rid != "")
	o.ring[h.SequenceNumber%kept] = sentPacket{ok: true, rtx: o.types[codec].rtx, header: h, payload: payload}
	// Before the handshake is over pion takes packets and sends nothing.
	if n, err := o.to.WriteRTP(&h, payload); err == nil && n > 0 {
		o.sent++
	}
}

// extend adds a header extension where it was agreed on.
func (o *outlet) extend(h *rtp.Header, uri string, value []byte, when bool) {
	if id := o.ids[uri]; id != 0 && when {
		_ = h.SetExtension(id, value)
	}
}

// again sends a packet again: by RFC 4588, or, where there is no such stream (audio), as it was.
func (o *outlet) again(seq uint16) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := &o.ring[seq%kept]
	if o.to == nil || !p.ok || p.header.SequenceNumber != seq || p.header.SSRC != o.ssrc {
		return false
	}
	if o.rtx == 0 || p.rtx == 0 {
		_, err := o.to.WriteRTP(&p.header, p.payload)
		return err == nil
	}
	o.rtxSeq++
	h := rtp.Header{Version: 2, Marker: p.header.Marker, PayloadType: p.rtx, SequenceNumber: o.rtxSeq, Timestamp: p.header.Timestamp, SSRC: o.rtx}
	o.extend(&h, wire.ExtMid, []byte(o.mid), true)
	o.extend(&h, wire.ExtRepairRid, []byte(o.rid), o.rid != "")
	_, err := o.to.WriteRTP(&h, append(binary.BigEndian.AppendUint16(nil, seq), p.payload...))
	return err == nil
}

// feedback obeys the relay's requests of one layer for key frames and retransmissions, until the peer connection ends.
func (p *peer) feedback(sender *webrtc.RTPSender, o *outlet, at int) {
	read := sender.ReadRTCP
	if o.rid != "" {
		read = func() ([]rtcp.Packet, interceptor.Attributes, error) { return sender.ReadSimulcastRTCP(o.rid) }
	}
	f := &p.b.studio.feeds[o.stream][at]
	for {
		list, _, err := read()
		if err != nil {
			return
		}
		for _, r := range list {
			switch r := r.(type) {
			case *rtcp.PictureLossIndication:
				if o.is(r.MediaSSRC) {
					f.keysAsked.Add(1)
					f.key.Store(true)
				}
			case *rtcp.TransportLayerNack:
				if o.is(r.MediaSSRC) {
					f.repeat(o, r.Nacks)
				}
			}
		}
	}
}

// repeat sends again what the relay misses.
func (f *feed) repeat(o *outlet, pairs []rtcp.NackPair) {
	for _, pair := range pairs {
		for _, seq := range pair.PacketList() {
			f.missed.Add(1)
			if o.again(seq) {
				f.again.Add(1)
			}
		}
	}
}

// is reports whether an SSRC is the outlet's.
func (o *outlet) is(ssrc uint32) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return ssrc == o.ssrc
}
