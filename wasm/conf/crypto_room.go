package conf

import (
	"bytes"
	"slices"
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/passphrase"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/roomname"
	"github.com/conclave-meet/conclave/shared/wire"
)

// settleCrypto tells relay and worker of each other what they do not know yet.
func (s *State) settleCrypto() {
	c := &s.crypt
	if !c.latched || c.announce == nil || !s.call.in {
		return
	}
	if !c.said {
		c.said = true
		s.send(&wire.SetAnnounce{E2EE: wire.E2EE{Announce: c.announce}})
	}
	s.settleProfile()
	if !c.present {
		s.presentCrypto()
	}
	if c.looks != c.looked {
		c.looked = c.looks
		s.do(TellCrypto{Command: &port.ShowCode{On: c.looks}})
	}
}

// settleProfile says what I am called, and whether my hand is up.
func (s *State) settleProfile() {
	if about := (port.About{Name: s.view.Me.Name, Hand: s.view.Me.Hand}); about != s.crypt.about {
		s.crypt.about = about
		s.do(TellCrypto{Command: &port.Profile{Profile: about}})
	}
}

// presentCrypto tells the worker who is in the room. It comes with each welcome.
func (s *State) presentCrypto() {
	c := &s.crypt
	list := []port.Member{}
	told := map[wire.MemberIndex][]byte{}
	for i := range s.crowd.members {
		m := &s.crowd.members[i]
		if m.Index == s.view.Me.Index {
			continue
		}
		if old, known := c.told[m.Index]; known && old != nil && !bytes.Equal(old, m.Announce) {
			s.do(TellCrypto{Command: &port.Left{Index: uint16(m.Index)}}) // somebody else has that seat now
			s.cryptoGone(m.Index)
		}
		list = append(list, port.Member{Index: uint16(m.Index), Announce: m.Announce})
		told[m.Index] = m.Announce
	}
	c.session.Peers = slices.DeleteFunc(c.session.Peers, func(p port.Peer) bool {
		_, here := told[wire.MemberIndex(p.Index)]
		return !here
	})
	c.present, c.met, c.told, c.away = true, true, told, map[wire.MemberIndex]bool{}
	s.do(TellCrypto{Command: &port.Welcome{Me: uint16(s.view.Me.Index), Others: list}})
	for i := range s.crowd.members {
		s.cryptoAway(&s.crowd.members[i].Member)
	}
}

// cryptoPut tells the worker of a member that the relay named. Another announce is another member, in the same seat.
func (s *State) cryptoPut(m *wire.Member) {
	c := &s.crypt
	if !c.present || m.Index == s.view.Me.Index {
		return
	}
	old, known := c.told[m.Index]
	if !known || !bytes.Equal(old, m.Announce) {
		if old != nil {
			s.do(TellCrypto{Command: &port.Left{Index: uint16(m.Index)}})
			delete(c.away, m.Index)
			s.cryptoGone(m.Index)
		}
		c.told[m.Index] = m.Announce
		s.do(TellCrypto{Command: &port.Joined{Member: port.Member{Index: uint16(m.Index), Announce: m.Announce}}})
	}
	s.cryptoAway(m)
}

func (s *State) cryptoAway(m *wire.Member) {
	c := &s.crypt
	if m.Index == s.view.Me.Index || m.Away == c.away[m.Index] {
		return
	}
	c.away[m.Index] = m.Away
	s.do(TellCrypto{Command: &port.Away{Index: uint16(m.Index), Away: m.Away}})
}

func (s *State) cryptoLeft(i wire.MemberIndex) {
	c := &s.crypt
	if _, known := c.told[i]; known && c.present {
		delete(c.told, i)
		delete(c.away, i)
		s.cryptoGone(i)
		s.do(TellCrypto{Command: &port.Left{Index: uint16(i)}})
	}
}

// sealed hands on what the members say to me.
func (s *State) sealed(m *wire.Sealed) {
	if !s.crypt.present {
		return
	}
	items := make([]port.Item, 0, len(m.Items))
	for _, x := range m.Items {
		items = append(items, port.Item{Kind: x.Kind, From: uint16(x.From), To: uint16(x.To), Data: x.Data})
	}
	s.do(TellCrypto{Command: &port.Receive{Items: items}})
}

// deliver sends what the worker says to the members. What cannot go now is lost: after the next welcome the worker looks
// after that.
func (s *State) deliver(list []port.Item) {
	if !s.call.in || !s.crypt.said {
		return
	}
	items := make([]wire.Item, 0, len(list))
	for _, x := range list {
		items = append(items, wire.Item{Kind: x.Kind, To: wire.MemberIndex(x.To), Data: x.Data})
	}
	for _, m := range wire.Pack(items) {
		s.send(m)
	}
}

// reported takes a report of the worker.
func (s *State) reported(r port.Report) {
	c := &s.crypt
	switch r := r.(type) {
	case *port.Ready:
		c.announce, c.startBy = r.Announce, time.Time{}
	case *port.Send:
		s.deliver(r.Items)
	case *port.State:
		s.sessionIs(r)
	case *port.Said:
		s.cryptoSaid(r)
	case *port.Unsaid:
		s.unsaid(r)
	case *port.Retried:
		s.retried(r)
	case *port.Offered:
		s.passphraseOffered(r)
	case *port.Passphrase:
		s.passphraseIs(r)
	case *port.Unchanged:
		c.problem = Problem{Code: r.Code}
	case *port.KeyFrame:
		s.do(KeyFrame{})
	case *port.Parted:
		s.part()
	case *port.Fault:
		s.workerEnded(codeWorker)
	}
}

// sessionIs takes the worker's word on who is there. It is the only truth about names and hands.
func (s *State) sessionIs(now *port.State) {
	c, talked := &s.crypt, s.talks()
	c.session = *now
	if !talked && c.checking() {
		s.chat.holdUntil = s.now.Add(checkTime)
	}
	s.crowd.changed = true
	for i := range s.crowd.members {
		m := &s.crowd.members[i]
		p, ok := c.peer(m.Index)
		if !ok || m.Index == s.view.Me.Index {
			continue
		}
		was := m.Hand
		m.Name, m.Hand = proved(p)
		if p.Status != port.StatusUp {
			continue
		}
		name := map[string]string{"name": m.Name}
		if m.quiet && m.Name != "" {
			m.quiet = false
			s.tell(Note{T: "announce", Key: "say.joined", Params: name})
			s.tell(Note{T: "sound", Key: "join"})
		}
		if was == 0 && m.Hand != 0 {
			s.tell(Note{T: "announce", Key: "say.hand", Params: name})
			s.tell(Note{T: "sound", Key: "hand"})
		}
	}
}

// peer is what the worker says of a member. There are a hundred members at most; sorting them would be 20 kB of program.
func (c *encryption) peer(i wire.MemberIndex) (port.Peer, bool) {
	for _, p := range c.session.Peers {
		if p.Index == uint16(i) {
			return p, true
		}
	}
	return port.Peer{}, false
}

// cryptoGone forgets what the worker said of a member, before it says so itself.
func (s *State) cryptoGone(i wire.MemberIndex) {
	c := &s.crypt
	c.session.Peers = slices.DeleteFunc(c.session.Peers, func(p port.Peer) bool { return p.Index == uint16(i) })
	if at, ok := s.crowd.find(i); ok {
		s.crowd.members[at].Name, s.crowd.members[at].Hand = "", 0
		s.crowd.changed = true
	}
}

// retried: the passphrase that was typed last is tried, or somebody came up while it was derived. To take it for mine then
// would have me tell those who have the right one that theirs is wrong.
func (s *State) retried(r *port.Retried) {
	if r.Text == "" {
		s.tell(Note{T: "toast", Key: "crypto.kept", Tone: "info"})
		return
	}
	s.crypt.text = r.Text
}

// passphraseOffered: a member wants the passphrase changed for everybody. One that nobody could type is no passphrase: it
// would lock out whoever comes next. One that is easy to guess is taken all the same, else people come apart; the person
// is told.
func (s *State) passphraseOffered(r *port.Offered) {
	if clean, err := passphrase.Clean(r.Text, roomname.NFC); err != nil || clean != r.Text {
		s.do(TellCrypto{Command: &port.Decline{Epoch: r.Epoch}})
		return
	}
	secret := port.Secret{Room: s.view.Room.Name, Passphrase: r.Text}
	s.do(TellCrypto{Command: &port.Adopt{Secret: secret, Epoch: r.Epoch}})
}

// passphraseIs: the passphrase has changed for everybody.
func (s *State) passphraseIs(r *port.Passphrase) {
	s.crypt.text, s.crypt.problem = r.Text, Problem{}
	by := wire.MemberIndex(r.By)
	switch name := map[string]string{"name": s.nameOf(by)}; {
	case by == s.view.Me.Index:
		s.tell(Note{T: "toast", Key: "crypto.changedMine", Tone: "info"})
	case strengthOf(r.Text).Class() == roomname.Weak:
		s.tell(Note{T: "toast", Key: "crypto.changedWeak", Params: name, Tone: "warn"})
	default:
		s.tell(Note{T: "toast", Key: "crypto.changed", Params: name, Tone: "info"})
	}
}
