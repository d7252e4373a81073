package e2ee

import "time"

// A handshake lets whoever is at the other end test one passphrase (e2ee.md, 6): online guesses succeed with a chance of
// at most members × maxFailures / guesses that the passphrase takes.
const (
	// maxFailures is how many handshakes may fail before nobody is answered until people say so.
	maxFailures = 20
	// maxPerMinute is how many may fail within a minute before others wait: 20 guesses then take three minutes, in
	// which people see that somebody tries.
	maxPerMinute = 5
	minute       = time.Minute
)

// budget counts failed handshakes of either role. The zero value has none.
type budget struct {
	failed int             // since the passphrase or the person's word
	open   int             // answered and not yet ended: each may turn out a failure
	recent []time.Duration // when the last failures were, at most maxPerMinute
}

// locked tells whether the budget is used up.
func (b *budget) locked() bool { return b.failed >= maxFailures }

// allows tells whether one more handshake may be answered or ended now.
func (b *budget) allows(now time.Duration) bool {
	return b.failed+b.open < maxFailures && (len(b.recent) < maxPerMinute || now-b.recent[0] >= minute)
}

// frees returns when the minute lets the next one through. Zero: it does not hold anything up.
func (b *budget) frees() time.Duration {
	if len(b.recent) < maxPerMinute {
		return 0
	}
	return b.recent[0] + minute
}

func (b *budget) fail(now time.Duration) {
	b.failed++
	if len(b.recent) == maxPerMinute {
		b.recent = append(b.recent[:0], b.recent[1:]...)
	}
	b.recent = append(b.recent, now)
}

// unlock forgets the failures. Those that are under way still count when they fail.
func (b *budget) unlock() { b.failed, b.recent = 0, nil }
