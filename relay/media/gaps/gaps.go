// Package gaps follows the sequence numbers of one incoming RTP stream: which packets are new, which came twice, which
// are missing and when to ask for them again (RFC 4585, section 6.2.1), and what a receiver report says of the stream
// (RFC 3550, section 6.4.1).
package gaps

import "time"

// When to ask. Asking sooner asks for packets that are only out of order; later, the frame is later or lost.
const (
	FirstAsk = 20 * time.Millisecond // after the gap was seen
	StepAsk  = 20 * time.Millisecond // the n-th repetition waits n+1 steps
	MaxAsks  = 10
	GiveUp   = time.Second // a frame this old is of no use

	// maxGap is how many packets in a row are asked for. Behind more than that a key frame is the cheaper repair.
	maxGap = 256
	// maxMissing bounds the list; the oldest are given up.
	maxMissing = 512
	// window is for how many numbers back it is known whether the packet came. A multiple of 64.
	window = 1024
	// maxJump is the largest step forward that is taken for loss; more is a new beginning of the sender's.
	maxJump = 1000
)

// Verdict says what a packet is.
type Verdict uint8

// What Add finds.
const (
	New   Verdict = iota // newer than all before
	Late                 // it was missing, or out of order
	Twice                // it came before
	Old                  // too old to say
	Wild                 // far from all before; if the next one follows it, the stream begins anew there
)

// Tracker is the state of one stream. The zero value is ready. It is not safe for concurrent use.
type Tracker struct {
	started bool
	max     uint64              // the highest extended number
	came    [window / 64]uint64 // bit n%window: packet n came, for n in (max-window, max]
	missing []gap               // by number
	wild    uint16              // what would follow the last wild packet
	isWild  bool                // wild is set

	first              uint64 // where counting began
	received           uint64 // since then
	lastExp, lastRecvd uint64 // at the last Report
}

type gap struct {
	seq     uint64
	at, ask time.Time // when it was seen to be missing, and when to ask next
	asks    int
}

// Add notes the packet with sequence number seq, which came at now. ext is the number extended to 64 bits: its low 16
// bits are seq, it never wraps, and it leaps by more than 2^16 where the stream began anew. Only packets that are New or
// Late are worth anything; ext is 0 for the others.
func (t *Tracker) Add(seq uint16, now time.Time) (ext uint64, v Verdict) {
	if !t.started {
		// Higher than all before a pause, and not from 0: numbers before the first must not go below it.
		t.begin((t.max>>16+2)<<16 | uint64(seq))
		return t.max, New
	}
	d := int16(seq - uint16(t.max))
	ext = t.max + uint64(int64(d))
	switch {
	case d > maxJump, d <= -window:
		if t.isWild && seq == t.wild {
			t.begin((t.max>>16+2)<<16 | uint64(seq))
			return t.max, New
		}
		t.wild, t.isWild = seq+1, true
		if d < 0 {
			return 0, Old
		}
		return 0, Wild
	case d > 0:
		t.advance(ext, now)
		return ext, New
	case ext < t.first:
		return 0, Old
	case t.has(ext):
		return 0, Twice
	}
	t.isWild = false
	t.mark(ext)
	t.received++
	t.forget(ext)
	return ext, Late
}

func (t *Tracker) begin(ext uint64) {
	t.started, t.isWild = true, false
	t.max, t.first, t.received = ext, ext, 1
	t.lastExp, t.lastRecvd = 0, 0
	t.missing = t.missing[:0]
	clear(t.came[:])
	t.mark(ext)
}

// advance takes ext as the new highest number.
func (t *Tracker) advance(ext uint64, now time.Time) {
	t.isWild = false
	for n := t.max + 1; n < ext; n++ {
		t.unmark(n)
	}
	if ext-t.max <= maxGap {
		for n := t.max + 1; n < ext; n++ {
			if len(t.missing) == maxMissing {
				t.missing = t.missing[:copy(t.missing, t.missing[1:])]
			}
			t.missing = append(t.missing, gap{seq: n, at: now, ask: now.Add(FirstAsk)})
		}
	}
	t.max = ext
	t.mark(ext)
	t.received++
}

func (t *Tracker) has(n uint64) bool { return t.came[n%window/64]&(1<<(n%64)) != 0 }
func (t *Tracker) mark(n uint64)     { t.came[n%window/64] |= 1 << (n % 64) }
func (t *Tracker) unmark(n uint64)   { t.came[n%window/64] &^= 1 << (n % 64) }

func (t *Tracker) forget(ext uint64) {
	for i := range t.missing {
		if t.missing[i].seq == ext {
			t.missing = append(t.missing[:i], t.missing[i+1:]...)
			return
		}
	}
}

// Near reports whether seq is one that a retransmission can have: not of a beginning, nor too old.
func (t *Tracker) Near(seq uint16) bool {
	d := int16(seq - uint16(t.max))
	return t.started && d > -window && d <= maxJump
}

// Max is the highest extended number that came.
func (t *Tracker) Max() uint64 { return t.max }

// Missing reports whether Asks may have something to ask for, now or later.
func (t *Tracker) Missing() bool { return len(t.missing) > 0 }

// Asks appends to dst the numbers to ask for at now, in their order, and counts those that it gives up.
func (t *Tracker) Asks(now time.Time, dst []uint16) (list []uint16, lost int) {
	keep := t.missing[:0]
	for _, g := range t.missing {
		if g.asks >= MaxAsks && !now.Before(g.ask) || now.Sub(g.at) >= GiveUp {
			lost++
			continue
		}
		if !now.Before(g.ask) {
			g.asks++
			g.ask = now.Add(StepAsk * time.Duration(g.asks+1))
			dst = append(dst, uint16(g.seq))
		}
		keep = append(keep, g)
	}
	t.missing = keep
	return dst, lost
}

// Abandon gives up what is missing before number ext, and counts it: behind the start of a key frame nothing needs it. A
// packet that comes all the same is taken.
func (t *Tracker) Abandon(ext uint64) (lost int) {
	for lost < len(t.missing) && t.missing[lost].seq < ext {
		lost++
	}
	t.missing = t.missing[:copy(t.missing, t.missing[lost:])]
	return lost
}

// Pause forgets what is missing. The next packet is a beginning, with a higher extended number than all before.
func (t *Tracker) Pause() {
	t.started, t.isWild = false, false
	t.missing = t.missing[:0]
}

// Started reports whether a packet came since the beginning, or since Pause.
func (t *Tracker) Started() bool { return t.started }

// Report is what a reception report says since the last one: the part lost in 1/256, the number lost since the
// beginning, and the extended highest sequence number.
func (t *Tracker) Report() (fraction uint8, lost, highest uint32) {
	expected := t.max - t.first + 1
	exp, got := expected-t.lastExp, t.received-t.lastRecvd
	t.lastExp, t.lastRecvd = expected, t.received
	if exp > got && exp > 0 {
		fraction = uint8(min((exp-got)*256/exp, 255))
	}
	if expected > t.received {
		lost = uint32(min(expected-t.received, 0x7fffff)) // 24 bits, signed
	}
	return fraction, lost, uint32(t.max)
}
