package conf

import (
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
)

// mostExact is up to where JavaScript's numbers are exact.
const mostExact = 1 << 53

// proved is what a member says of itself, as far as it can be shown.
func proved(p port.Peer) (name string, hand int64) {
	if wire.NameOK(p.About.Name) {
		name = p.About.Name
	}
	return name, min(max(p.About.Hand, 0), mostExact)
}

// hears reports whether media of a member can be opened.
func (s *State) hears(i wire.MemberIndex) bool {
	st := s.peerCrypto(i)
	return st == PeerPlain || st == PeerUp || st == PeerReconnecting
}

var peerStates = [...]PeerCrypto{
	port.StatusWaiting: PeerWaiting, port.StatusChecking: PeerChecking, port.StatusUp: PeerUp,
	port.StatusDifferent: PeerDifferent, port.StatusReconnecting: PeerReconnecting, port.StatusFailed: PeerFailed,
}

func (s *State) peerCrypto(i wire.MemberIndex) PeerCrypto {
	if !s.crypt.latched {
		return PeerPlain
	}
	if p, ok := s.crypt.peer(i); ok {
		return peerStates[p.Status]
	}
	return PeerWaiting
}

var phases = [...]CryptoPhase{
	port.PhaseAlone: CryptoAlone, port.PhaseChecking: CryptoChecking, port.PhaseUp: CryptoUp,
	port.PhaseMismatch: CryptoMismatch, port.PhaseLocked: CryptoLocked, port.PhaseSplit: CryptoSplit,
}

var agreements = [...]Agreement{
	port.AgreementNone: AgreeNone, port.AgreementSame: AgreeSame,
	port.AgreementUpdating: AgreeUpdating, port.AgreementDiffer: AgreeDiffer,
}

// showCrypto draws the slice.
func (s *State) showCrypto() {
	c := &s.crypt
	v := Crypto{On: c.latched, Able: s.view.Crypto.Able, Phase: CryptoOff, Agreement: AgreeNone, Problem: c.problem}
	switch {
	case !c.latched:
	case c.text == "":
		v.Phase = CryptoNoPhrase
	case !c.met:
		v.Phase = CryptoStarting
	default:
		x := &c.session
		v.Phase, v.Agreement = phases[x.Phase], agreements[x.Agreement]
		v.With, v.Code, v.Attempts = wire.MemberIndex(x.With), x.Code, int(x.Attempts)
		for _, p := range x.Peers {
			if p.Status == port.StatusDifferent {
				v.Different++
			}
		}
	}
	s.view.Crypto = v
}
