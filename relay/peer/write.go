package peer

import (
	"github.com/conclave-meet/conclave/relay/room"
	"github.com/conclave-meet/conclave/shared/wire"
)

// What the write loop does between messages. All of it may take some milliseconds and makes nobody else wait.

// admit joins the media and writes the welcome.
func (c *Conn) admit(name string, e room.Admit, k *call, x *seat) [][]byte {
	c.seat, c.call, c.resumed = x, k, e.Resumed
	w := &wire.Welcome{
		Version: wire.Version, Boot: c.srv.boot, Incarnation: string(e.Life), Room: name, You: e.You,
		Resume: string(e.Resume), Resumed: e.Resumed, Members: e.Members, Media: wire.MediaGone, E2EE: e.E2EE,
	}
	if c.offer != nil {
		a, err := x.join(k, c, c.offer, c.state)
		switch {
		case err == nil:
			w.Media, w.Answer = wire.MediaNew, a
		case asError(err).Code == wire.CodeE2EERequired:
			// The room was encrypted after it had let the client in: secured follows the welcome.
		default:
			c.end(asError(err))
			return nil
		}
		c.offer = nil
	}
	var how []wire.Encoding // what was said while the connection was lost
	if s := x.peer(c); s != nil && w.Media != wire.MediaNew {
		s.Sending(c.state)
		w.Media, w.Slots, how = wire.MediaKept, s.Slots(), s.Encodings()
	}
	out := [][]byte{c.srv.encode(w, 0)}
	if len(how) > 0 {
		out = append(out, c.srv.encode(&wire.Encode{Streams: how}, 0))
	}
	if sp := k.speaking(); sp != nil {
		out = append(out, c.srv.encode(sp, 0))
	}
	return out
}

// setOffer answers a changed description. While the client waits, it takes the place of hello's.
func (c *Conn) setOffer(o *wire.Offer, n uint32) [][]byte {
	if c.seat == nil {
		c.offer = o
		return nil
	}
	var a *wire.Answer
	var err error
	if o.Fresh {
		a, err = c.seat.join(c.call, c, o, c.state)
	} else {
		a, err = c.seat.change(c, o)
	}
	if err != nil {
		e := asError(err)
		c.srv.refused(e.Code)
		return [][]byte{c.srv.encode(&wire.Failure{Error: *e}, n)}
	}
	return [][]byte{c.srv.encode(&wire.AnswerTo{Answer: *a}, n)}
}

func (c *Conn) setWants(w []wire.Want) [][]byte {
	if c.seat == nil {
		c.end(wire.Refuse(wire.CodeOrder))
		return nil
	}
	c.seat.want(c, w)
	return nil
}

// setState lets through, or drops, the client's streams from now on. The room, which tells the others, hears of it
// from the read loop and ends the connection of somebody who still waits.
func (c *Conn) setState(s wire.Sending) [][]byte {
	c.state = s
	if c.seat == nil {
		return nil
	}
	if p := c.seat.peer(c); p != nil {
		p.Sending(s)
	}
	return nil
}
