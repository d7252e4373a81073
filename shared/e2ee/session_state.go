package e2ee

import "slices"

// Phase is how the session is as a whole.
type Phase uint8

const (
	PhaseAlone    Phase = iota // nobody else is there whom we could be up with
	PhaseChecking              // handshakes are under way or to come, nobody is up
	PhaseUp                    // at least one member is up
	PhaseMismatch              // the member that we asked first has another passphrase: Retry or TryOthers
	PhaseLocked                // too many handshakes failed, nobody is answered: Unlock
	PhaseSplit                 // participants do not see the same people, nothing is sent: Accept
)

// Agreement is whether all who are up see the same people.
type Agreement uint8

const (
	AgreementNone     Agreement = iota // nobody is up
	AgreementSame                      // everybody's digest is ours
	AgreementUpdating                  // somebody's is not, which may be a matter of time
	AgreementDiffer                    // somebody's is not for too long
)

// Status is how another member is.
type Status uint8

const (
	StatusWaiting      Status = iota // no handshake from it yet
	StatusChecking                   // a handshake is under way
	StatusUp                         // it has the passphrase, and records go both ways
	StatusDifferent                  // it has another passphrase
	StatusReconnecting               // it was up, and its connection or channel is lost
	StatusFailed                     // its handshakes fail in another way
)

// failedAfter is how many handshakes in a row fail before a member is shown so.
const failedAfter = 3

// State is what people are to see. It shares no memory with the session.
type State struct {
	Phase     Phase
	With      uint16 // who has another passphrase, in PhaseMismatch
	Code      string // the security code; "" until the roster has come to rest, while there is nobody else, and unless shown
	Agreement Agreement
	Attempts  int    // failed handshakes since the passphrase was set or unlocked
	Sending   bool   // frames and chat go out, sealed
	Peers     []Peer // by index; the members that the relay names, and what we know of them
}

// Peer is another member. Profile is authentic; it is empty until the member was up.
type Peer struct {
	Index   uint16
	Status  Status
	Profile Profile
}

// Event is something that happened once.
type Event interface{ event() }

type (
	// Said is a chat message, our own too. From and ID name it.
	Said struct {
		From, To uint16 // To 0: everybody
		ID       uint64
		At       int64 // Unix milliseconds by the sender's clock; 0: it did not say
		Text     string
	}
	// Reacted is a reaction of another member.
	Reacted struct {
		From uint16
		Code string
	}
	// PassphraseOffered says that a member wants the passphrase changed for everybody. Answer with [Session.Adopt] or
	// [Session.Decline]: nothing is heard of other changes before. Text is secret.
	PassphraseOffered PassphraseChanged
	// PassphraseChanged says that the passphrase is another one now, which we or another member (By) gave everybody. By is
	// who told us: it need not be whose idea it was. Text is secret.
	PassphraseChanged struct {
		By    uint16
		Epoch uint8
		Text  string
	}
)

func (Said) event()              {}
func (Reacted) event()           {}
func (PassphraseOffered) event() {}
func (PassphraseChanged) event() {}

// String hides the passphrase from logs.
func (PassphraseOffered) String() string { return "[hidden]" }

// GoString hides the passphrase from %#v.
func (PassphraseOffered) GoString() string { return "[hidden]" }

// String hides the passphrase from logs.
func (PassphraseChanged) String() string { return "[hidden]" }

// GoString hides the passphrase from %#v.
func (PassphraseChanged) GoString() string { return "[hidden]" }

// Output is what the session wants done.
type Output struct {
	Items    []Item  // for the relay, in this order
	Events   []Event // in order
	State    *State  // nil: nothing in it has changed
	KeyFrame bool    // somebody can decode our video only from the next key frame on: ask the encoders for one
}

// outbox collects what the next Take returns.
type outbox struct {
	items    []Item
	pace     pace // of what went out
	events   []Event
	keyFrame bool
	state    State // as it was taken last
	fresh    bool  // it never was, or a profile in it is new

	// as judge found last
	agreement Agreement
	split     bool
	sending   bool
}

func (o *outbox) event(e Event) { o.events = append(o.events, e) }

// Take returns what has come up since the last Take. Call it after every other call.
func (s *Session) Take() Output {
	out := Output{Items: s.out.items, Events: s.out.events, KeyFrame: s.out.keyFrame}
	s.out.items, s.out.events, s.out.keyFrame = nil, nil, false
	head := s.stateHead()
	last := &s.out.state
	if s.out.fresh || !sameHead(head, *last) || !s.samePeers(last.Peers) {
		s.out.fresh = false
		head.Peers = make([]Peer, 0, len(s.peers))
		for _, p := range s.peers {
			head.Peers = append(head.Peers, p.view())
		}
		*last = head
		given := head
		given.Peers = slices.Clone(head.Peers)
		out.State = &given
	}
	return out
}

func sameHead(a, b State) bool {
	return a.Phase == b.Phase && a.With == b.With && a.Code == b.Code && a.Agreement == b.Agreement &&
		a.Attempts == b.Attempts && a.Sending == b.Sending
}

// samePeers tells whether they are as they were, but for their profiles: a new one makes the state fresh.
func (s *Session) samePeers(last []Peer) bool {
	if len(last) != len(s.peers) {
		return false
	}
	for i, p := range s.peers {
		if p.Index != last[i].Index || p.status() != last[i].Status {
			return false
		}
	}
	return true
}

// stateHead returns the state without its peers.
func (s *Session) stateHead() State {
	h := State{Phase: s.phase(), Agreement: s.out.agreement, Attempts: s.budget.failed, Sending: s.out.sending}
	if h.Phase == PhaseMismatch {
		h.With = s.join.with
	}
	if h.Agreement != AgreementNone {
		h.Code = s.circle.code
	}
	return h
}

// phase returns the first that applies: what stops our sending comes before what does not.
func (s *Session) phase() Phase {
	up, coming := false, false
	for _, p := range s.peers {
		up = up || p.verified
		coming = coming || p.announced && !p.attempt.different && !p.gone
	}
	switch {
	case s.join.mismatch && !up:
		return PhaseMismatch
	case s.out.split:
		return PhaseSplit
	case s.budget.locked():
		return PhaseLocked
	case up:
		return PhaseUp
	case coming:
		return PhaseChecking
	}
	return PhaseAlone
}

// sending tells whether anything may go out.
func (s *Session) sending() bool {
	if !s.inside {
		return false
	}
	switch s.phase() {
	case PhaseMismatch, PhaseSplit:
		return false
	case PhaseLocked:
		return s.join.everUp
	}
	_, ok := s.keys.rotation.Current()
	return ok
}

// view returns what people are to see of p.
func (p *peer) view() Peer { return Peer{Index: p.Index, Status: p.status(), Profile: p.profile} }

func (p *peer) status() Status {
	switch {
	case p.unusable:
		return StatusFailed
	case p.live():
		return StatusUp
	case p.verified:
		return StatusReconnecting
	case p.attempt.different:
		return StatusDifferent
	case p.attempt.running() || len(p.attempt.queued) > 0:
		return StatusChecking
	case p.attempt.failures >= failedAfter:
		return StatusFailed
	case p.wasUp && !p.gone:
		return StatusReconnecting
	}
	return StatusWaiting
}
