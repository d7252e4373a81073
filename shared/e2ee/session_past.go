package e2ee

import (
	"slices"
	"time"
)

// pastFor is how long we remember of a member what must not be undone by saying that it left. It repeats its chat of the
// last 45 s, and a relay may hold that up for 45 s more. More costs memory in rooms where many come and go; less would
// have chat played again.
const pastFor = 5 * time.Minute

// past is what we remember of members who were up and left, by the identity that they have proved: that they left is the
// relay's word, and they may not know of it. The zero value is empty.
type past map[[32]byte]former

// former is a member who left.
type former struct {
	at    time.Duration // when
	said  []uint64      // as in peer
	apart apart
}

// remember keeps what p must find again when it has not left.
func (s *Session) remember(p *peer) {
	if s.log.past == nil {
		s.log.past = past{}
	}
	for id, f := range s.log.past {
		if s.now >= f.at+pastFor {
			delete(s.log.past, id)
		}
	}
	s.log.past[p.ID] = former{at: s.now, said: p.said, apart: p.digests.apart}
}

// recall gives p back what it had under the identity that it claims. It is still remembered: another may have claimed it.
func (s *Session) recall(p *peer) {
	if f, known := s.log.past[p.ID]; known {
		p.said, p.digests.apart = slices.Clone(f.said), f.apart
	}
}
