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
	// maxProven is how many handshakes with members who have proved the passphrase may fail within a minute before they
	// wait as well. They are no guesses, but cost 1.5 ms each: more would let a relay that forges them stop sound, fewer
	// would keep members apart whose lines lose much.
	maxProven = 60
	minute    = time.Minute
)

// budget counts failed handshakes of either role. The zero value has none.
//
// Guesses are those with whoever has not proved its identity. The others need the secret of an identity that is on the
// roster: without it neither tag can be made, whatever the passphrase. So they neither count nor wait when somebody
// guesses, who would otherwise keep members apart that have lost their channel.
type budget struct {
	failed int    // guesses since the passphrase or the person's word
	open   int    // guesses that are answered and not yet ended: each may turn out a failure
	recent lately // guesses
	proven lately // the others
}

// locked tells whether no guess is allowed before people say so.
func (b *budget) locked() bool { return b.failed >= maxFailures }

// spent tells whether what has failed allows no handshake now.
func (b *budget) spent(now time.Duration, proven bool) bool {
	if proven {
		return b.proven.within(now) >= maxProven
	}
	return b.locked() || b.recent.within(now) >= maxPerMinute
}

// allows tells whether one more handshake may be answered or ended now, even if all that are open fail.
func (b *budget) allows(now time.Duration, proven bool) bool {
	if proven {
		return !b.spent(now, proven)
	}
	return b.failed+b.open < maxFailures && b.recent.within(now)+b.open < maxPerMinute
}

// frees returns when the minute lets the next one through. Zero: it does not hold anything up.
func (b *budget) frees(proven bool) time.Duration {
	if proven {
		return b.proven.frees(maxProven)
	}
	return b.recent.frees(maxPerMinute)
}

func (b *budget) fail(now time.Duration, proven bool) {
	if proven {
		b.proven.add(now, maxProven)
		return
	}
	b.failed++
	b.recent.add(now, maxPerMinute)
}

// unlock forgets the failures. Those that are under way still count when they fail.
func (b *budget) unlock() { b.failed, b.recent, b.proven = 0, nil, nil }

// lately is when something was, the last times of it, oldest first.
type lately []time.Duration

// within returns how many are less than a minute ago.
func (l lately) within(now time.Duration) int {
	for i, at := range l {
		if now-at < minute {
			return len(l) - i
		}
	}
	return 0
}

// frees returns when fewer than most are in the last minute; zero: they are.
func (l lately) frees(most int) time.Duration {
	if len(l) < most {
		return 0
	}
	return l[len(l)-most] + minute
}

// add notes one more and keeps most of them.
func (l *lately) add(now time.Duration, most int) {
	if len(*l) >= most {
		*l = append((*l)[:0], (*l)[len(*l)-most+1:]...)
	}
	*l = append(*l, now)
}
