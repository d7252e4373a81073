package media

import (
	"encoding/binary"
	"math/bits"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"

	"github.com/conclave-meet/conclave/shared/wire"
)

// maxReporters bounds the SSRCs by which one client sends RTCP, which SRTP must remember for ever. Chromium reports by a
// few; Firefox by one for each m-line, of which there are up to 58 (media.md), and for each layer that it sends.
const maxReporters = 256

// relaySSRC is the SSRC that the relay reports and asks as. It sends nothing by it.
const relaySSRC = 1

// rtcpOut encrypts outgoing RTCP.
type rtcpOut struct {
	mu   sync.Mutex
	srtp *srtp.Context // guarded by mu; nil until the first
}

// sendRTCP sends a compound packet.
func (s *Session) sendRTCP(packets ...rtcp.Packet) {
	k := s.keys.Load()
	if k == nil {
		return
	}
	plain, err := rtcp.Marshal(packets)
	if err != nil {
		return
	}
	if b := s.encryptRTCP(k, plain); b != nil {
		s.send(b)
	}
}

func (s *Session) encryptRTCP(k *keys, plain []byte) []byte {
	s.rtcp.mu.Lock()
	defer s.rtcp.mu.Unlock()
	if s.rtcp.srtp == nil {
		c, err := k.outgoing()
		if err != nil {
			return nil
		}
		s.rtcp.srtp = c
	}
	b, err := s.rtcp.srtp.EncryptRTCP(nil, plain, nil)
	if err != nil {
		return nil
	}
	return b
}

func (s *Session) sendPLI(ssrc uint32) {
	s.count.inc(PLIOut)
	s.sendRTCP(&rtcp.PictureLossIndication{SenderSSRC: relaySSRC, MediaSSRC: ssrc})
}

// rtcp takes an SRTCP packet.
func (r *reader) rtcp(b []byte, now time.Time) {
	s := r.s
	k := s.keys.Load()
	if k == nil {
		s.count.inc(DropEarly)
		return
	}
	ssrc := binary.BigEndian.Uint32(b[4:])
	if !r.knownC[ssrc] && len(r.knownC) >= maxReporters {
		s.count.inc(DropSSRCs)
		return
	}
	plain, err := k.in.DecryptRTCP(r.plain[:0], b, nil)
	if err != nil {
		s.count.inc(DropAuth)
		return
	}
	r.knownC[ssrc] = true
	s.hear(now)
	r.control(plain, now)
}

// noteReport keeps what our reception report repeats.
func (s *Session) noteReport(p *rtcp.SenderReport, now time.Time) {
	s.recv.mu.Lock()
	defer s.recv.mu.Unlock()
	if st := s.recv.streams[p.SSRC]; st.layer != nil && !st.rtx {
		st.layer.report = senderReport{middle: uint32(p.NTPTime >> 16), at: now}
	}
}

// passKey passes a receiver's request for a key frame on.
func (s *Session) passKey(sl *slot, now time.Time) {
	if sl == nil || sl.kind != wire.Video {
		return
	}
	s.count.inc(PLIIn)
	if !sl.wishes.grants(now) {
		s.count.inc(DropRepeated)
		return
	}
	if l := sl.shows(); l != nil {
		l.needKey(now)
	}
}

// Retransmissions are bounded per session: who asks for more than a bad network explains costs the relay, not the others.
const (
	maxResent   = 400 // packets
	resentEvery = 100 * time.Millisecond
)

// nack answers a receiver's request from the source's ring.
func (r *reader) nack(sl *slot, pairs []rtcp.NackPair, now time.Time) {
	if sl == nil {
		return
	}
	if now.Sub(r.resetAt) >= resentEvery {
		r.resent, r.resetAt = 0, now
	}
	for _, pair := range pairs {
		n := 1 + bits.OnesCount16(uint16(pair.LostPackets))
		r.s.count.addN(NacksIn, uint64(n))
		if r.resent >= maxResent {
			r.s.count.addN(DropRepeated, uint64(n))
			continue
		}
		if !r.chores.take(n, now) {
			r.s.count.addN(DropStorm, uint64(n))
			continue
		}
		pair.Range(func(seq uint16) bool {
			if !r.s.mayRepair(now) {
				return false
			}
			b := r.out.room()
			n := sl.retransmit(seq, now, b, &r.tmp)
			if n == 0 || !r.out.push(r.s, n) {
				return true
			}
			r.resent++
			r.s.count.inc(RTXOut)
			if r.s.down.frail.Load() && r.s.mayRepair(now) {
				r.repeat(b[:n])
			}
			return true
		})
	}
}

// repeat sends what was pushed last once more, to the last bit: who has the first takes it for a replay.
func (r *reader) repeat(b []byte) {
	if n := copy(r.out.room()[:], b); r.out.push(r.s, n) {
		r.resent++
		r.s.count.inc(RTXTwice)
	}
}

// sendNacks asks for what is missing of the video layers that somebody receives. Opus repairs itself. more says that
// there may be more to ask for later.
func (s *Session) sendNacks(now time.Time) (more bool) {
	for l := range s.layers() {
		if !l.src.isVideo() || len(*l.subs.Load()) == 0 {
			continue
		}
		list, still := s.missing(l, now)
		more = more || still
		if len(list) == 0 {
			continue
		}
		s.count.addN(NacksSent, uint64(len(list)))
		s.sendRTCP(&rtcp.TransportLayerNack{
			SenderSSRC: relaySSRC, MediaSSRC: l.ssrc.Load(), Nacks: rtcp.NackPairsFromSequenceNumbers(list),
		})
	}
	return more
}

// missing is what to ask for now; still says that something is missing.
func (s *Session) missing(l *layer, now time.Time) (list []uint16, still bool) {
	s.recv.mu.Lock()
	defer s.recv.mu.Unlock()
	if !l.track.Missing() {
		return nil, false
	}
	list, lost := l.track.Asks(now, nil)
	s.count.addN(Lost, uint64(lost))
	return list, l.track.Missing()
}

func (s *Session) sendFeedback() {
	if packets := s.feedback(); len(packets) > 0 {
		for _, p := range packets {
			s.sendRTCP(p)
		}
	}
}

func (s *Session) feedback() []rtcp.Packet {
	s.recv.mu.Lock()
	defer s.recv.mu.Unlock()
	if s.recv.leaps.span == 0 {
		return nil // nothing came
	}
	s.recv.leaps.span = 0
	return s.recv.twcc.BuildFeedbackPacket()
}

// sendReport sends a receiver report on all layers.
func (s *Session) sendReport(now time.Time) {
	if reports := s.reports(now); len(reports) > 0 {
		s.sendRTCP(&rtcp.ReceiverReport{SSRC: relaySSRC, Reports: reports})
	}
}

func (s *Session) reports(now time.Time) []rtcp.ReceptionReport {
	s.recv.mu.Lock()
	defer s.recv.mu.Unlock()
	var list []rtcp.ReceptionReport
	for l := range s.layers() {
		if !l.track.Started() {
			continue
		}
		r := rtcp.ReceptionReport{SSRC: l.ssrc.Load(), Jitter: uint32(l.jitter.value)}
		r.FractionLost, r.TotalLost, r.LastSequenceNumber = l.track.Report()
		if !l.report.at.IsZero() {
			const second = 1 << 16 // RFC 3550, section 6.4.1: the delay is in 1/65536 s
			r.LastSenderReport = l.report.middle
			r.Delay = uint32(now.Sub(l.report.at).Seconds() * second)
		}
		list = append(list, r)
	}
	return list
}
