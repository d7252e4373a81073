package speaker

import "sync/atomic"

// Levels holds the levels of up to eight packets, in the order in which they came, in one word: seven bits each from
// bit 0 up, and how many there are in the top byte. Eight are 160 ms of packets of 20 ms.
type Levels uint64

const (
	perLevel  = 7
	maxLevels = 8
	countAt   = 56
)

// Len is how many levels there are.
func (l Levels) Len() int { return int(l >> countAt) }

// At is the i-th level, the oldest first: 0 loudest … 127 silent (RFC 6464).
func (l Levels) At(i int) uint8 { return uint8(l>>(i*perLevel)) & Silence }

// With is l with one more level. When it is full, the oldest goes.
func (l Levels) With(level uint8) Levels {
	n := l.Len()
	l &= 1<<countAt - 1
	if n == maxLevels {
		l >>= perLevel
		n--
	}
	return l | Levels(level&Silence)<<(n*perLevel) | Levels(n+1)<<countAt
}

// Meter hands levels from the goroutine that reads packets to the one that listens, without a lock. The zero value is
// ready.
type Meter struct{ levels atomic.Uint64 }

// Note adds the level of one packet.
func (m *Meter) Note(level uint8) {
	for {
		was := m.levels.Load()
		if m.levels.CompareAndSwap(was, uint64(Levels(was).With(level))) {
			return
		}
	}
}

// Take returns what was noted since the last Take.
func (m *Meter) Take() Levels { return Levels(m.levels.Swap(0)) }
