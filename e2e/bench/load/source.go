package load

import (
	"encoding/binary"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// mark and then the send time, Unix nanoseconds, are the last 16 bytes of each payload.
const mark = 0x434f4e434c415645

const markSize = 16

// level is what the audio-level extension says of each packet (RFC 6464): voice, -20 dBov.
const level = 1<<7 | 20

// source is one stream that is published.
type source struct {
	// constant
	video bool
	frame int // packets of one frame
	burst bool
	track *webrtc.TrackLocalStaticRTP

	// owned by the pump
	begun   time.Time
	next    time.Time // when the next packet is due
	seq     uint16
	picture uint16
	within  int // packets of the present frame that were sent
	ts      uint32
	payload []byte

	// atomic
	rate  atomic.Int64  // packets per second
	ready atomic.Bool   // the peer connection is there
	key   atomic.Bool   // the next frame is a key frame
	sent  atomic.Uint64 // packets
	level atomic.Uint32 // id of the audio-level extension; 0: none
}

func newSource(s Spec, video bool, track *webrtc.TrackLocalStaticRTP, now time.Time) *source {
	x := &source{video: video, frame: s.Frame, burst: s.Burst, track: track, begun: now}
	size, rate := s.Size, int64(s.Rate)
	if !video {
		size, rate = 80, 50
	}
	x.rate.Store(rate)
	x.payload = make([]byte, size)
	for i := range x.payload {
		x.payload[i] = byte(rand.Uint32())
	}
	x.seq = uint16(rand.Uint32() >> 17) // below 2^15: RFC 3711 wants no early wrap
	x.key.Store(true)
	// Publishers do not send in step.
	x.next = now.Add(rand.N(time.Second / 20))
	return x
}

// due sends what is due, and returns how late the first of it was.
func (s *source) due(now time.Time) (late time.Duration) {
	if !s.ready.Load() {
		s.next = now
		return 0
	}
	const most = 1024 // packets of one round: a generator that is behind must still poll
	n := 1
	if s.burst && s.video {
		n = s.frame
	}
	gap := time.Duration(int64(n) * int64(time.Second) / s.rate.Load())
	if !s.next.After(now) {
		late = now.Sub(s.next)
	}
	for sent := 0; sent < most && !s.next.After(now); sent += n {
		for range n {
			s.send(now)
		}
		s.next = s.next.Add(gap)
	}
	return late
}

func (s *source) send(now time.Time) {
	h := rtp.Header{Version: 2, SequenceNumber: s.seq}
	s.seq++
	if s.video {
		s.film(&h, now)
	} else {
		s.ts += 960
		h.Timestamp = s.ts
		if id := s.level.Load(); id != 0 {
			_ = h.SetExtension(uint8(id), []byte{level})
		}
	}
	tail := s.payload[len(s.payload)-markSize:]
	binary.BigEndian.PutUint64(tail, mark)
	binary.BigEndian.PutUint64(tail[8:], uint64(time.Now().UnixNano()))
	if s.track.WriteRTP(&rtp.Packet{Header: h, Payload: s.payload}) == nil {
		s.sent.Add(1)
	}
}

// film shapes the next packet as VP8 (RFC 7741, section 4.2): X; I and a 15-bit picture id; S and the frame's header on
// its first packet.
func (s *source) film(h *rtp.Header, now time.Time) {
	p := s.payload
	p[0], p[1] = 0x80, 0x80
	if s.within == 0 {
		s.ts = uint32(now.Sub(s.begun).Microseconds() * 9 / 100) // 90 kHz
		s.picture = (s.picture + 1) & 0x7fff
		p[0] |= 0x10
		if s.key.Swap(false) {
			copy(p[4:], []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01}) // a key frame of 640×480
		} else {
			p[4] = 0x11
		}
	}
	p[2], p[3] = 0x80|byte(s.picture>>8), byte(s.picture)
	h.Timestamp = s.ts
	if s.within++; s.within >= s.frame {
		s.within, h.Marker = 0, true
	}
}

// obey answers requests for key frames, until the peer connection ends.
func (s *source) obey(sender *webrtc.RTPSender) {
	for {
		list, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, r := range list {
			switch r.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				s.key.Store(true)
			}
		}
	}
}

// readMark returns when a payload was sent.
func readMark(payload []byte) (sent int64, ok bool) {
	n := len(payload)
	if n < markSize || binary.BigEndian.Uint64(payload[n-markSize:]) != mark {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(payload[n-8:])), true
}
