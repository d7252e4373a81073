package media

import "github.com/conclave-meet/conclave/shared/wire"

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
	if refused := continues(s.offers.last, o); refused != nil {
		return nil, refused
	}
	if refused := s.codecsFor(o); refused != nil {
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

// codecsFor refuses slots of a kind that no codec carries.
func (s *Session) codecsFor(o *wire.Offer) *wire.Error {
	for _, d := range o.Slots {
		if s.terms.codec(d.Kind).PT == 0 {
			return wire.Refuse(wire.CodeNoCodec, "kind", string(d.Kind))
		}
	}
	return nil
}

// keepOffer is what later offers are compared with.
func keepOffer(o *wire.Offer) *wire.Offer {
	x := *o
	x.Codecs = append([]wire.Codec(nil), o.Codecs...)
	x.Exts = append([]wire.Ext(nil), o.Exts...)
	x.Send = append([]wire.Send(nil), o.Send...)
	x.Slots = append([]wire.Slot(nil), o.Slots...)
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
