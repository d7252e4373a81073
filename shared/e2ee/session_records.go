package e2ee

import (
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/channel"
)

// Item is what the relay carries from one member to another (e2ee.md, 7). From is the relay's word.
type Item struct {
	Kind     uint8
	From, To uint16
	Data     []byte
}

// abortPause is the pause between two aborts for records that have no channel: one of them says it all.
const abortPause = time.Second

// Receive takes an item of the relay, of whatever it holds. Items must come in the order in which the relay sent them,
// and after the report of their sender's coming. data is not kept.
func (s *Session) Receive(now time.Duration, item Item) {
	s.at(now)
	defer s.settle()
	p := s.peer(item.From)
	if !s.inside || p == nil || item.To != s.me.Index {
		return
	}
	switch item.Kind {
	case KindHS1:
		s.receiveHS1(p, item.Data)
	case KindHS2:
		s.receiveHS2(p, item.Data)
	case KindHS3:
		s.receiveHS3(p, item.Data)
	case KindRecord:
		s.receiveRecord(p, item.Data)
	case KindAbort:
		s.receiveAbort(p, item.Data)
	}
}

// post hands an item to the relay.
func (s *Session) post(p *peer, kind uint8, data []byte) {
	s.out.pace.spend(s.now, len(data))
	s.out.items = append(s.out.items, Item{Kind: kind, From: s.me.Index, To: p.Index, Data: data})
}

// send sends a record to p. It reports false when p cannot be reached now, or would not take it.
func (s *Session) send(p *peer, b channel.Body) bool {
	if !p.live() {
		return false
	}
	sealed, ok := p.seal(nil, b)
	if ok {
		s.post(p, KindRecord, sealed)
	}
	return ok
}

// seal appends the record of b to dst.
func (p *peer) seal(dst []byte, b channel.Body) ([]byte, bool) {
	r, err := channel.Make(b)
	if err != nil {
		return nil, false
	}
	sealed, err := p.channel.Seal(dst, r)
	clear(r.Body)
	return sealed, err == nil
}

// receiveRecord takes a record of a channel. Anything but the next record of p ends the channel.
func (s *Session) receiveRecord(p *peer, data []byte) {
	if p.channel == nil {
		if p.announced && p.attempt.initiator == nil && s.now >= p.abortedAt+abortPause {
			p.abortedAt = s.now
			s.abort(p, abortAgain)
		}
		return
	}
	r, err := p.channel.Open(data)
	if err != nil {
		s.lost(p)
		return
	}
	p.heard = s.now
	body, err := channel.Parse(r)
	clear(r.Body)
	if err != nil { // a type of a later version, or a peer that does not keep to its own
		return
	}
	s.receiveBody(p, body)
}

// receiveBody does what an authentic record of p says.
func (s *Session) receiveBody(p *peer, body channel.Body) {
	switch b := body.(type) {
	case channel.Keys:
		s.receiveKeys(p, b)
	case channel.KeysAck:
		s.receiveAck(p, b)
	case channel.Ping:
		s.heardDigest(p, b.Digest)
	case channel.Profile:
		s.out.fresh = s.out.fresh || p.profile != b
		p.profile = b
	case channel.Chat:
		s.receiveChat(p, b, 0)
	case channel.Whisper:
		s.receiveChat(p, channel.Chat(b), s.me.Index)
	case channel.Reaction:
		s.out.event(Reacted{From: p.Index, Code: b.Code})
	case channel.Passphrase:
		s.receivePassphrase(p, b)
	case channel.Bye:
		p.gone = true
		s.down(p)
	}
}

// ping tells p that we live, and whom we are in the call with.
func (s *Session) ping(p *peer) {
	if s.send(p, channel.Ping{Digest: s.digest()}) {
		s.told(p)
	}
}
