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
