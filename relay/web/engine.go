package web

import (
	"github.com/conclave-meet/conclave/relay/media"
	"github.com/conclave-meet/conclave/relay/peer"
	"github.com/conclave-meet/conclave/shared/wire"
)

// group lets peer use the SFU through the interfaces that it declares.
type group struct{ *media.Group }

func (g group) Join(m wire.MemberIndex, o *wire.Offer, s wire.Sending) (peer.Session, *wire.Answer, error) {
	x, a, err := g.Group.Join(m, o, s)
	if err != nil {
		return nil, nil, err
	}
	return x, a, nil
}

// newGroup begins the media of a room.
func newGroup(e *media.Engine) func(peer.Events) peer.Media {
	return func(ev peer.Events) peer.Media {
		return group{e.NewGroup(media.Events{
			Slots:    ev.Slots,
			Encode:   ev.Encode,
			Speakers: ev.Speakers,
			Gone:     func(m wire.MemberIndex, x *media.Session, err error) { ev.Gone(m, x, err) },
		})}
	}
}
