package media

import (
	"slices"

	"github.com/conclave-meet/conclave/shared/wire"
)

// Offer takes a changed description of the same peer connection: more slots at the end, or other ICE credentials, which
// restart ICE. It waits for nothing on the network. The error is a *wire.Error: wire.CodeOffer, with params.why, or
// wire.CodeNoMedia when the session has ended. A fresh offer is for [Group.Join].
func (s *Session) Offer(o *wire.Offer) (*wire.Answer, error) {
	s.offers.mu.Lock()
	defer s.offers.mu.Unlock()
	if s.ended.Load() {
		return nil, wire.Refuse(wire.CodeNoMedia)
	}
	if o.Fresh {
		return nil, wire.Refuse(wire.CodeOffer, "why", "fresh")
	}
	if refused := s.terms.continues(s.offers.last, o, s.engine.prefer); refused != nil {
		return nil, refused
	}
	if o.ICE != s.offers.last.ICE {
		if err := s.restart(o.ICE); err != nil {
			return nil, wire.Refuse(wire.CodeOffer, "why", "restart")
		}
	}
	var err error
	var local wire.ICE
	if local.Ufrag, local.Pwd, err = s.agent.GetLocalUserCredentials(); err != nil {
		return nil, wire.Refuse(wire.CodeNoMedia)
	}
	s.hintSSRCs(o)
	var a *wire.Answer
	s.group.update(func() { a = s.answerLocked(o, local) })
	s.offers.last = keepOffer(o)
	return a, nil
}

// keepOffer is what later offers are compared with.
func keepOffer(o *wire.Offer) *wire.Offer {
	x := *o
	x.Codecs, x.Exts = slices.Clone(o.Codecs), slices.Clone(o.Exts)
	x.Send, x.Slots = slices.Clone(o.Send), slices.Clone(o.Slots)
	return &x
}

// restart begins ICE anew (RFC 8445, section 9): new credentials on both sides, and the client checks again. Until it
// has chosen, packets go where they went. DTLS and SRTP go on.
func (s *Session) restart(remote wire.ICE) error {
	if err := s.agent.Restart("", ""); err != nil {
		return err
	}
	if err := gather(s.agent); err != nil {
		return err
	}
	return s.agent.SetRemoteCredentials(remote.Ufrag, remote.Pwd)
}
