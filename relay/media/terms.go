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
// at the end and other ICE credentials. It returns nil or the refusal.
func continues(was, o *wire.Offer) *wire.Error {
	no := func(why string) *wire.Error { return wire.Refuse(wire.CodeOffer, "why", why) }
	if o.Fingerprint != was.Fingerprint {
		return no("fingerprint")
	}
	if !slices.Equal(o.Codecs, was.Codecs) {
		return no("codecs")
	}
	if !slices.Equal(o.Exts, was.Exts) {
		return no("exts")
	}
	same := func(a, b wire.Send) bool { return a.Mid == b.Mid && a.Stream == b.Stream }
	if !slices.EqualFunc(o.Send, was.Send, same) {
		return no("send")
	}
	if len(o.Slots) < len(was.Slots) || !slices.Equal(o.Slots[:len(was.Slots)], was.Slots) {
		return no("slots")
	}
	return nil
}
