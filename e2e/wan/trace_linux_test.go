package wan_test

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/conclave-meet/conclave/e2e/wan/linkem"
)

// passed is an RTP packet that went by a tap. Headers are not encrypted
// (RFC 3711, section 3.1).
type passed struct {
	at   time.Time
	port uint16 // UDP, of the far end: one for each peer connection
	size int    // of the IP packet
	ssrc uint32
	ts   uint32
	seq  uint16
}

// trace collects the RTP packets of one direction of a link.
type trace struct {
	up bool // the far end is the source

	mu   sync.Mutex
	list []passed // guarded by mu
}

// tap is what a link calls.
func (tr *trace) tap() linkem.Tap {
	return func(at time.Time, b []byte) {
		p, ok := parse(b, tr.up)
		if !ok {
			return
		}
		p.at = at
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.list = append(tr.list, p)
	}
}

// take returns what passed since the last take.
func (tr *trace) take() []passed {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	list := tr.list
	tr.list = nil
	return list
}

// parse reads an RTP packet in UDP over IPv4; false: it is something else.
func parse(b []byte, up bool) (passed, bool) {
	const udp, rtp = 20, 28 // offsets behind headers without options
	if len(b) < rtp+12 || b[0] != 0x45 || b[9] != 17 || b[rtp]>>6 != 2 {
		return passed{}, false
	}
	if kind := b[rtp+1]; kind >= 192 && kind <= 223 { // RFC 5761, section 4: RTCP
		return passed{}, false
	}
	p := passed{
		size: len(b), port: binary.BigEndian.Uint16(b[udp+2:]),
		seq: binary.BigEndian.Uint16(b[rtp+2:]), ts: binary.BigEndian.Uint32(b[rtp+4:]), ssrc: binary.BigEndian.Uint32(b[rtp+8:]),
	}
	if up {
		p.port = binary.BigEndian.Uint16(b[udp:])
	}
	return p, true
}

// residence tells how long a relay kept the packets of each stream: from their
// way in to their way out. What goes out has other numbers than what came in:
// times of frames are moved by a constant, and so they are found again.
func residence(in, out []passed) []time.Duration {
	var all []time.Duration
	for _, o := range streams(out) {
		best := []time.Duration(nil)
		for _, i := range streams(in) {
			if d := i.delays(o); len(d) > len(best) {
				best = d
			}
		}
		all = append(all, best...)
	}
	slices.Sort(all)
	return all
}

// stream is the packets of one SSRC by frame.
type stream map[uint32][]passed

func streams(list []passed) map[uint32]stream {
	by := map[uint32]stream{}
	for _, p := range list {
		if by[p.ssrc] == nil {
			by[p.ssrc] = stream{}
		}
		by[p.ssrc][p.ts] = append(by[p.ssrc][p.ts], p)
	}
	return by
}

// delays pairs the packets of an incoming stream with those of an outgoing
// one; nothing comes out where most frames have no partner.
func (s stream) delays(out stream) []time.Duration {
	const near = 500 * time.Millisecond // no relay keeps a frame longer
	votes := map[uint32]int{}
	for ts, o := range out {
		for from, i := range s {
			if d := o[0].at.Sub(i[0].at); d >= 0 && d < near {
				votes[ts-from]++
			}
		}
	}
	shift, most := uint32(0), 0
	for d, n := range votes {
		if n > most {
			shift, most = d, n
		}
	}
	if most <= len(out)/2 {
		return nil
	}
	bySeq := func(a, b passed) int { return cmp.Compare(int16(a.seq-b.seq), 0) }
	var list []time.Duration
	for ts, o := range out {
		i := s[ts-shift]
		if len(i) != len(o) {
			continue // not whole at either end of the measurement
		}
		slices.SortFunc(i, bySeq)
		slices.SortFunc(o, bySeq)
		for n := range o {
			list = append(list, o[n].at.Sub(i[n].at))
		}
	}
	return list
}

// kbps is what the packets of each peer connection amount to over a time.
func kbps(list []passed, over time.Duration) map[uint16]float64 {
	by := map[uint16]float64{}
	for _, p := range list {
		by[p.port] += float64(p.size) * 8 / 1000 / over.Seconds()
	}
	return by
}
