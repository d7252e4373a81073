package media

import (
	"sync"
	"time"
)

// keyFrameEvery is the least time between two key-frame requests to one source. A key frame is some ten times as large as
// another one: more often would cost the picture its quality, more seldom keeps newcomers waiting.
const keyFrameEvery = 500 * time.Millisecond

// keyFrames holds a source's key-frame requests together: one goes out at most each keyFrameEvery, and a key frame that
// comes satisfies all who asked before it.
type keyFrames struct {
	mu     sync.Mutex
	asked  time.Time // guarded by mu
	wanted bool      // and not asked for yet; guarded by mu
}

// ask notes that somebody needs a key frame. It reports whether to request it now; never while it cannot be.
func (k *keyFrames) ask(now time.Time, can bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wanted = true
	return k.dueLocked(now, can)
}

// due reports whether to request now what was put off.
func (k *keyFrames) due(now time.Time, can bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.dueLocked(now, can)
}

func (k *keyFrames) dueLocked(now time.Time, can bool) bool {
	if !can || !k.wanted || now.Sub(k.asked) < keyFrameEvery {
		return false
	}
	k.asked, k.wanted = now, false
	return true
}

// came notes a key frame.
func (k *keyFrames) came() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wanted = false
}

// patience bounds how many key frames one receiver can have a source make, which all others pay for with the quality of
// the picture. The zero value is full. It is owned by the receiver's reader.
type patience struct {
	wish time.Time // when the last wish was granted
	full time.Time // when all wishes are there again
}

const (
	// maxWishes are granted at once: as many as a bad network explains.
	maxWishes = 8
	// wishEvery is how often one more is granted. Less would let one receiver spoil the picture of the others; more would
	// keep one with constant loss from seeing anything.
	wishEvery = 2 * time.Second
)

// grants reports whether to pass a request on. All within keyFrameEvery are one wish.
func (p *patience) grants(now time.Time) bool {
	if now.Sub(p.wish) < keyFrameEvery {
		return true
	}
	if p.full.Before(now) {
		p.full = now
	}
	if p.full.Sub(now) > (maxWishes-1)*wishEvery {
		return false
	}
	p.wish, p.full = now, p.full.Add(wishEvery)
	return true
}
