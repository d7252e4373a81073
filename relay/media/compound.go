package media

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"

	"github.com/conclave-meet/conclave/relay/media/estimate"
)

// control takes a decrypted RTCP packet, as a rule a compound one (RFC 3550, section 6.1). Each part is read by itself:
// where one is malformed the others still count, and what the relay has no use for costs next to nothing.
func (r *reader) control(plain []byte, now time.Time) {
	const head = 4 // bytes
	for len(plain) > 0 {
		n := len(plain) + 1
		if len(plain) >= head {
			n = head * (1 + int(binary.BigEndian.Uint16(plain[2:])))
		}
		if n > len(plain) || plain[0]>>6 != 2 {
			r.s.count.inc(DropMalformed)
			return
		}
		switch part := plain[:n]; {
		case !r.chores.take(weight(part), now):
			r.s.count.inc(DropStorm)
		case !r.part(part, now):
			r.s.count.inc(DropMalformed)
		}
		plain = plain[n:]
	}
}

// part takes one RTCP packet. It reports whether it could be read.
func (r *reader) part(b []byte, now time.Time) (ok bool) {
	s, format := r.s, b[0]&31
	slots := *s.slots.Load()
	switch kind := rtcp.PacketType(b[1]); {
	case kind == rtcp.TypeSenderReport:
		var p rtcp.SenderReport
		if p.Unmarshal(b) != nil {
			return false
		}
		s.noteReport(&p, now)
		s.noteLoss(slots, p.Reports, now)
	case kind == rtcp.TypeReceiverReport:
		var p rtcp.ReceiverReport
		if p.Unmarshal(b) != nil {
			return false
		}
		s.noteLoss(slots, p.Reports, now)
	case kind == rtcp.TypePayloadSpecificFeedback && format == rtcp.FormatPLI:
		var p rtcp.PictureLossIndication
		if p.Unmarshal(b) != nil {
			return false
		}
		s.passKey(slots[p.MediaSSRC], now)
	case kind == rtcp.TypePayloadSpecificFeedback && format == rtcp.FormatFIR:
		var p rtcp.FullIntraRequest
		if p.Unmarshal(b) != nil {
			return false
		}
		for _, e := range p.FIR {
			s.passKey(slots[e.SSRC], now)
		}
	case kind == rtcp.TypeTransportSpecificFeedback && format == rtcp.FormatTLN:
		var p rtcp.TransportLayerNack
		if p.Unmarshal(b) != nil {
			return false
		}
		r.nack(slots[p.MediaSSRC], p.Nacks, now)
	case estimate.IsFeedback(b):
		return s.feedDown(b, now)
	}
	return true
}

// chores bounds what one client can have the relay read and do by RTCP: all clients of a socket share one goroutine. A
// packet that asks for all numbers there are, or reports on thousands of packets that never were, costs as much as
// hundreds of others. The zero value is ready.
type chores struct {
	done  int // since
	since time.Time
}

const (
	choresEvery = 100 * time.Millisecond
	// maxChores is how much is done in that time. Numbers that are asked for and parts of packets count as one, reports
	// on packets as an eighth. More would let one client take more than a hundredth of a core; a client that loses a
	// fifth of 20 Mbit/s has a tenth of it to say.
	maxChores = 4000
)

// take reports whether there is room for n more.
func (c *chores) take(n int, now time.Time) bool {
	if now.Sub(c.since) >= choresEvery {
		c.done, c.since = 0, now
	}
	if c.done+n > maxChores {
		return false
	}
	c.done += n
	return true
}

// weight is what reading an RTCP packet costs, in chores. What NACKs ask for is counted when it is looked for.
func weight(b []byte) int {
	const reports, count = 8, 14
	n := 1 + len(b)/16
	if estimate.IsFeedback(b) && len(b) >= count+2 {
		n += int(binary.BigEndian.Uint16(b[count:])) / reports
	}
	return n
}
