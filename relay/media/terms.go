package media

import (
	"slices"
	"strings"

	"github.com/conclave-meet/conclave/shared/wire"
)

// terms are what one client and the relay agreed on, in the client's numbers. Constant for the life of a session.
type terms struct {
	audio, video wire.Codec   // PT 0: none
	exts         []wire.Ext   // those in the answer
	mid          uint8        // ids of extensions; 0: none
	transport    uint8        // transport-wide sequence number
	level        uint8        // audio level
	codecs       []wire.Codec // those in the answer
}

// codec is what carries the kind.
func (t *terms) codec(k wire.Kind) wire.Codec {
	if k == wire.Audio {
		return t.audio
	}
	return t.video
}

// agree picks what of the offer is used: opus and VP8, and the extensions that the relay reads. It refuses an offer with
// an m-line for which there is no codec.
func agree(o *wire.Offer) (*terms, *wire.Error) {
	t := &terms{codecs: []wire.Codec{}, exts: []wire.Ext{}}
	for _, c := range o.Codecs {
		switch {
		case t.audio.PT == 0 && c.Kind == wire.Audio && strings.EqualFold(c.Name, "opus") && c.Clock == 48000:
			t.audio = c
		case t.video.PT == 0 && c.Kind == wire.Video && strings.EqualFold(c.Name, "VP8") && c.Clock == 90000:
			t.video = c
		default:
			continue
		}
		t.codecs = append(t.codecs, c)
	}
	for _, k := range []wire.Kind{wire.Audio, wire.Video} {
		if t.codec(k).PT == 0 && uses(o, k) {
			return nil, wire.Refuse(wire.CodeNoCodec, "kind", string(k))
		}
	}
	for _, e := range o.Exts {
		switch e.URI {
		case wire.ExtMid:
			t.mid = e.ID
		case wire.ExtTransport:
			t.transport = e.ID
		case wire.ExtLevel:
			t.level = e.ID
		default:
			continue
		}
		t.exts = append(t.exts, e)
	}
	if t.mid == 0 && slices.ContainsFunc(o.Send, func(s wire.Send) bool { return s.SSRC == 0 }) {
		// Nothing would tell whose packets are whose.
		return nil, wire.Refuse(wire.CodeOffer, "why", "mid")
	}
	return t, nil
}

// uses reports whether the offer has an m-line of the kind.
func uses(o *wire.Offer, k wire.Kind) bool {
	return slices.ContainsFunc(o.Send, func(s wire.Send) bool { return s.Stream.Kind() == k }) ||
		slices.ContainsFunc(o.Slots, func(s wire.Slot) bool { return s.Kind == k })
}

// continues reports whether offer o describes the peer connection that offer was described by before, but for more slots
// at the end and other ICE credentials. Browsers may list codecs in another order, or leave out those that were not
// taken: only what was agreed on must be there. It returns nil or the refusal.
func (t *terms) continues(was, o *wire.Offer) *wire.Error {
	no := func(why string) *wire.Error { return wire.Refuse(wire.CodeOffer, "why", why) }
	now, refused := agree(o)
	if refused != nil {
		return refused
	}
	codec := func(a, b wire.Codec) bool { return a.PT == b.PT && a.RTX == b.RTX }
	line := func(a, b wire.Send) bool { return a.Mid == b.Mid && a.Stream == b.Stream }
	switch {
	case o.Fingerprint != was.Fingerprint:
		return no("fingerprint")
	case !codec(now.audio, t.audio) || !codec(now.video, t.video):
		return no("codecs")
	case now.mid != t.mid || now.transport != t.transport || now.level != t.level:
		return no("exts")
	case !slices.EqualFunc(o.Send, was.Send, line):
		return no("send")
	case len(o.Slots) < len(was.Slots) || !slices.Equal(o.Slots[:len(was.Slots)], was.Slots):
		return no("slots")
	}
	return nil
}
