package senderkey

import (
	"errors"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

// Times and bounds of the specification (e2ee.md, 4.5).
const (
	// usedFor is how long a key opens frames after the first frame of a later one.
	usedFor = 5 * time.Second
	// toldFor is how long an old generation opens frames at most once the next was told.
	toldFor = 15 * time.Second
	// maxAhead is how many steps ahead of those known a frame may be.
	maxAhead = 8
)

// Bounds of ours, both against members that want our memory: a member can make us hold 250 kB at most. (So can a relay that
// forges its frames of steps ahead: the keys that they name are derived once and kept.)
const (
	// maxMembers is how many members' keys are held. A room has 100; more would serve nobody.
	maxMembers = 256
	// maxHeld is how many generations of a member are held. With one a second, each for five seconds after the next, there
	// are seven; less would lose late frames where many leave at once.
	maxHeld = 8
)

var (
	// ErrNoKey says that there is no key for a stream, or none that a frame names.
	ErrNoKey = errors.New("no key")
	// ErrFull says that there are keys of as many members as there may be.
	ErrFull = errors.New("too many keys")
	// ErrOrder says that a member told a key that its own keys cannot be followed by. No program of ours does that.
	ErrOrder = errors.New("sender key out of order")
)

// Ring holds the keys of the others and opens their frames. The zero value holds none.
//
// Exactly one key is ever tried for a frame, whatever it names: the one that its KID says, or, up to eight steps ahead,
// one derived from it, which ends older ones only if the frame is authentic. Frames that were opened are not opened
// again, not even after their member was dropped and came back.
type Ring struct {
	members map[uint16]*member
	done    map[uint16]position // of members that were dropped: the last key that opened a frame; 16 bytes each
	now     time.Duration       // as Tick said last
	due     time.Duration       // when the next key ends, if waits
	waits   bool
	untimed bool // something ends a while after now, whenever that is: Tick will say
}

// Set makes key the newest of the member index. The same or an earlier step of the newest generation again changes
// nothing. It returns [ErrOrder] for an earlier generation, for another base key than the known one leads to, and for a
// key that had opened frames before the member was dropped; [ErrFull] when there are too many members. Nothing has
// changed then. Only members that are up may be set: who is set is heard.
func (r *Ring) Set(now time.Duration, index uint16, key Key) error {
	if key.Step > maxStep {
		return ErrOrder
	}
	m := r.members[index]
	if m == nil {
		if done, was := r.done[index]; was && !key.position().after(done) {
			return ErrOrder
		}
		if len(r.members) >= maxMembers {
			return ErrFull
		}
		if r.members == nil {
			r.members = map[uint16]*member{}
		}
		m = &member{}
		r.members[index] = m
	}
	r.now = max(r.now, now)
	err := m.set(r.now, key)
	due := m.sweep(r.now)
	if r.waits {
		due = min(due, r.due)
	}
	r.due, r.waits = due, due != never
	return err
}

// Drop forgets the keys of a member that is down. Frames of it are not opened any more.
func (r *Ring) Drop(index uint16) {
	m := r.members[index]
	if m == nil {
		return
	}
	if m.heard {
		if r.done == nil {
			r.done = map[uint16]position{}
		}
		r.done[index] = m.last
	}
	m.wipe()
	delete(r.members, index)
}

// Renew says that another member has the index from now on: the order of keys begins anew. Without it the keys of a member
// that gets the index of one that was heard before, which happens when a relay starts anew, would be out of order.
func (r *Ring) Renew(index uint16) {
	r.Drop(index)
	delete(r.done, index)
}

// Wipe forgets everything.
func (r *Ring) Wipe() {
	for _, m := range r.members {
		m.wipe()
	}
	*r = Ring{}
}

// Open opens the SFrame frame that names id, and appends its plaintext to dst; see [sframe.Opener.Open]. It returns nil
// and [ErrNoKey] or what the opener returns. Allocates nothing once a key has opened a frame.
func (r *Ring) Open(dst []byte, id ID, metadata, frame []byte) ([]byte, error) {
	kid, ok := id.KID()
	m := r.members[id.Index]
	if !ok || m == nil {
		return nil, ErrNoKey
	}
	g := m.find(id.Generation)
	if g == nil {
		return nil, ErrNoKey
	}
	var out []byte
	var err error
	ended := false
	if id.Step > g.top {
		if id.Step-g.top > maxAhead {
			return nil, ErrNoKey
		}
		out, err = g.openAhead(dst, kid, id, metadata, frame)
		ended = err == nil
	} else if s := g.steps[id.Step]; s != nil {
		out, err = s.open(dst, kid, id.Stream, metadata, frame)
	} else {
		return nil, ErrNoKey
	}
	if err != nil {
		return nil, err
	}
	if m.opened(g, id.Step) || ended {
		m.untimed, r.untimed = true, true
	}
	return out, nil
}

// Tick says what time it is. Keys whose time is over are forgotten. Call it when [Ring.Deadline] has come, and as often
// as you like: where nothing is due it is a comparison.
func (r *Ring) Tick(now time.Duration) {
	r.now = max(r.now, now)
	if r.untimed || r.waits && r.now >= r.due {
		r.sweep(r.now)
	}
}

// Deadline returns when Tick is due, which is in the past after a frame that has opened as the first of its key. It
// reports false when nothing is going to end.
func (r *Ring) Deadline() (time.Duration, bool) {
	if r.untimed {
		return r.now, true
	}
	return r.due, r.waits
}

// sweep forgets what is over and finds out when it is due next. It looks only at the members of whom something is over
// or has no time yet: a hundred of them have thousands of keys.
func (r *Ring) sweep(now time.Duration) {
	r.untimed, r.due = false, never
	for _, m := range r.members {
		if m.untimed || now >= m.due {
			m.sweep(now)
		}
		r.due = min(r.due, m.due)
	}
	r.waits = r.due != never
}

// suite is the one that frames are sealed with (e2ee.md, 4.1).
func suite() sframe.Suite { return sframe.ChaCha20Poly1305() }
