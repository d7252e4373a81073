package conf

import (
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// steps are the numbers of video slots that a client opens: each step costs one negotiation of about a tenth of a second
// (media.md, "Slots"), each slot about 2 kB of SDP.
var steps = [...]int{4, 9, 16, 25, 49}

// audioSlots is how many people are heard at once.
const audioSlots = wire.MaxAudioSlots

const (
	// answerTime is how long a description may be under way. Less would give up on slow phones (0.2 s for 25 slots on a
	// desktop) and on a queue of lost packets; more would leave people without media for longer.
	answerTime = 10 * time.Second
	// steadyTime is how long a peer connection must have worked for the next failure to count as the first.
	steadyTime = 10 * time.Second
	// maxTries is after how many failures in a row the call is given up: about 16 s plus the time of each try.
	maxTries = 6
)

// phase is how far the one negotiation that may be in flight has got.
type phase int

const (
	idle    phase = iota
	making        // MakeOffer is out, Offered has not come
	made          // the description is here and must go to the relay
	asked         // the relay has it
	setting       // SetAnswer is out, Answered has not come
)

// negotiation is what the client and the relay agree on about the peer connection. There is never more than one in
// flight; what is needed meanwhile is remembered and follows.
type negotiation struct {
	phase phase
	offer *wire.Offer // of the one in flight, from made on
	n     uint32      // its message's number, 0 when it went with hello
	video int         // video slots of the one in flight
	fresh bool        // the one in flight is of a new peer connection
	void  bool        // nobody is interested in the one in flight any more; only while the shell works on it

	sealed    bool // the peer connection there is goes through the encryption worker
	alive     bool // there is a peer connection, answered at least once
	have      int  // its video slots
	mids      map[string]wire.Kind
	wantFresh bool
	wantVideo int

	broken      bool      // the peer connection said disconnected or failed
	connectedAt time.Time // zero: it is not connected
	tries       int       // failures in a row
	freshAt     time.Time // no fresh one before this time
	giveUp      time.Time // when the one in flight has taken too long
}

// onMedia handles what the peer connection does.
func (s *State) onMedia(e Event) bool {
	switch e := e.(type) {
	case Offered:
		s.offered(e)
	case Answered:
		s.settled(e)
	case PeerState:
		s.peerState(e.State)
	default:
		return false
	}
	return true
}

// needFresh asks for a new peer connection.
func (s *State) needFresh() {
	n := &s.neg
	if n.phase == making && n.fresh && !n.void || n.phase == made && n.offer.Fresh {
		return
	}
	s.dropNegotiation()
	n.wantFresh = true
}

// dropNegotiation loses interest in what is in flight. What the shell works on is still waited for.
func (s *State) dropNegotiation() {
	n := &s.neg
	switch n.phase {
	case making, setting:
		n.void = true
	default:
		n.phase, n.offer, n.giveUp = idle, nil, time.Time{}
	}
}

// stopNegotiating forgets the peer connection.
func (s *State) stopNegotiating() {
	s.dropNegotiation()
	n := &s.neg
	*n = negotiation{phase: n.phase, fresh: n.fresh, video: n.video, void: n.void, giveUp: n.giveUp}
}

// unanswered puts what the relay has not answered before the connection was lost back in line.
func (s *State) unanswered() {
	if s.neg.phase == asked {
		s.neg.phase, s.neg.giveUp = made, time.Time{}
	}
}

// negotiate starts or sends what is due.
func (s *State) negotiate() {
	n, c := &s.neg, &s.call
	if n.phase == idle && c.wanted && (!s.crypt.latched || s.crypt.open) {
		video := max(n.wantVideo, s.cfg.FirstVideo)
		switch {
		case n.wantFresh && n.freshAt.IsZero():
			s.unbind()
			s.makeOffer(true, max(video, n.have))
		case !n.wantFresh && n.alive && c.in && video > n.have:
			s.makeOffer(false, video)
		}
	}
	if n.phase == made && (c.in || c.waits) && s.crypt.said == s.crypt.latched {
		n.phase = asked
		n.n = s.sendNumbered(&wire.SetOffer{Offer: *n.offer})
		if c.in {
			n.giveUp = s.now.Add(answerTime)
		}
	}
}

func (s *State) makeOffer(fresh bool, video int) {
	n := &s.neg
	video = min(video, s.cfg.MaxVideo)
	n.phase, n.fresh, n.video, n.void = making, fresh, video, false
	n.giveUp = s.now.Add(answerTime)
	if fresh {
		n.wantFresh, n.alive, n.sealed, n.connectedAt = false, false, false, time.Time{}
	}
	s.do(MakeOffer{Fresh: fresh, Sealed: s.crypt.latched, Audio: audioSlots, Video: video})
}

func (s *State) offered(e Offered) {
	n := &s.neg
	if n.phase != making {
		return
	}
	n.phase, n.giveUp = idle, time.Time{}
	switch {
	case n.void:
		n.void = false
	case e.Offer == nil:
		s.negotiationFailed(Problem{Code: e.Err})
	default:
		n.phase, n.offer = made, e.Offer
		n.mids = make(map[string]wire.Kind, len(e.Offer.Slots))
		for _, x := range e.Offer.Slots {
			n.mids[x.Mid] = x.Kind
		}
		if n.fresh {
			s.flow = [len(s.flow)]bool{} // a new peer connection holds everything back
			n.sealed = s.crypt.latched   // latching makes void what was made before
		}
	}
}

// answered takes the relay's answer to a description that was not in hello.
func (s *State) answered(a *wire.Answer, re uint32) {
	if s.neg.phase == asked && re == s.neg.n {
		s.accept(a)
	}
}

func (s *State) accept(a *wire.Answer) {
	s.neg.phase, s.neg.giveUp = setting, s.now.Add(answerTime)
	s.do(SetAnswer{Answer: a})
}

func (s *State) settled(e Answered) {
	n := &s.neg
	if n.phase != setting {
		return
	}
	n.phase, n.offer, n.giveUp = idle, nil, time.Time{}
	switch {
	case n.void:
		n.void = false
	case e.Err != "":
		s.negotiationFailed(Problem{Code: e.Err})
	default:
		n.alive, n.have = true, n.video
	}
}

// negotiationFailed tries again with a new peer connection, later each time, and gives the call up in the end.
func (s *State) negotiationFailed(why Problem) {
	n := &s.neg
	if !s.call.wanted {
		s.neg = negotiation{}
		return
	}
	n.phase, n.offer, n.void, n.giveUp = idle, nil, false, time.Time{}
	if n.tries++; n.tries > maxTries || why.Code == "media.unsupported" {
		s.finish(why)
		return
	}
	n.wantFresh = true
	if n.tries > 1 { // 0, 0.5, 1, 2, 4, 8 s
		n.freshAt = s.now.Add(250 * time.Millisecond << (n.tries - 1))
	}
}

// mediaGone: the relay has no peer connection of mine.
func (s *State) mediaGone() {
	n := &s.neg
	if n.phase == idle && n.alive && !n.wantFresh {
		s.negotiationFailed(Problem{Code: string(wire.CodeMedia)})
	}
}

func (s *State) peerState(state string) {
	n := &s.neg
	if !s.call.wanted || n.phase == making && n.fresh {
		return // of the one before
	}
	switch state {
	case "connected":
		n.broken, n.connectedAt = false, s.now
	case "disconnected":
		n.broken = s.call.seated
	case "failed":
		if n.wantFresh {
			return // it is being replaced
		}
		if !n.connectedAt.IsZero() && s.now.Sub(n.connectedAt) >= steadyTime {
			n.tries = 0
		}
		n.broken, n.connectedAt = s.call.seated, time.Time{}
		s.dropNegotiation()
		if n.phase == idle {
			s.negotiationFailed(Problem{Code: string(wire.CodeMedia)})
		} else {
			n.wantFresh = true
		}
	}
}
