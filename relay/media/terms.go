package media

import (
	"fmt"
	"slices"
	"strings"

	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/shared/wire"
)

// terms are what one client and the relay agreed on, in the client's numbers. Constant for the life of a session.
type terms struct {
	audio wire.Codec        // opus; PT 0: not agreed on, as everywhere
	red   wire.Codec        // what repairs it (RFC 2198)
	video [kinds]wire.Codec // by codec
	byPT  [128]meaning      // by payload type
	exts  []wire.Ext        // those in the answer
	taken []wire.Codec      // those in the answer, the one that the client is to send first

	// Ids of extensions; 0: none.
	mid, rid, repair uint8
	transport        uint8 // transport-wide sequence number
	level            uint8 // audio level
	dependency       uint8 // dependency descriptor
}

const kinds = codec.H264 + 1

// meaning is what a payload type stands for.
type meaning struct {
	kind  wire.Kind  // "": nothing
	codec codec.Kind // of video
	rtx   bool       // retransmissions of it
	red   bool       // opus with redundancy
}

// of is what the client calls the codec.
func (t *terms) of(k wire.Kind, c codec.Kind) wire.Codec {
	if k == wire.Audio {
		return t.audio
	}
	return t.video[c]
}

// meaningOf tells what c is; its kind is "" for a codec that the relay does not take. Of VP9 and AV1 it takes profile 0,
// which all browsers have; of H.264 the packetization mode that lets frames be larger than packets (RFC 6184, section
// 6.3).
func meaningOf(c wire.Codec) meaning {
	const audioClock, videoClock = 48000, 90000
	if c.Kind == wire.Audio {
		red := strings.EqualFold(c.Name, "red")
		if c.Clock != audioClock || !red && !strings.EqualFold(c.Name, "opus") {
			return meaning{}
		}
		return meaning{kind: wire.Audio, red: red}
	}
	k := codec.Named(c.Name)
	fits := map[codec.Kind]bool{
		codec.VP8:  true,
		codec.VP9:  parameter(c.Fmtp, "profile-id", "0") == "0",
		codec.AV1:  parameter(c.Fmtp, "profile", "0") == "0",
		codec.H264: parameter(c.Fmtp, "packetization-mode", "0") == "1",
	}
	if c.Clock != videoClock || !fits[k] {
		return meaning{}
	}
	return meaning{kind: wire.Video, codec: k}
}

// parameter is a value of an fmtp line, standard where it is not given.
func parameter(fmtp, name, standard string) string {
	for p := range strings.SplitSeq(fmtp, ";") {
		if k, v, _ := strings.Cut(strings.TrimSpace(p), "="); strings.EqualFold(k, name) {
			return v
		}
	}
	return standard
}

// preference checks names of video codecs and puts VP8 behind them, which every browser has: some codec must be one that
// all in a room can receive.
func preference(names []string) ([]codec.Kind, error) {
	var list []codec.Kind
	for _, n := range names {
		k := codec.Named(n)
		if k == codec.None || slices.Contains(list, k) {
			return nil, fmt.Errorf("video codecs: %q is none of VP8, VP9, AV1 and H264, or there twice", n)
		}
		list = append(list, k)
	}
	if !slices.Contains(list, codec.VP8) {
		list = append(list, codec.VP8)
	}
	return list, nil
}

// agree picks what of the offer is used: opus, what repairs it, the video codecs of the preference, and the extensions
// that the relay reads. It refuses an offer with an m-line for which there is no codec.
func agree(o *wire.Offer, prefer []codec.Kind) (*terms, *wire.Error) {
	t := &terms{taken: []wire.Codec{}, exts: []wire.Ext{}}
	t.audio = t.take(o, meaning{kind: wire.Audio})
	if t.audio.PT != 0 {
		t.red = t.take(o, meaning{kind: wire.Audio, red: true})
	}
	for _, k := range prefer {
		t.video[k] = t.take(o, meaning{kind: wire.Video, codec: k})
	}
	for _, k := range []wire.Kind{wire.Audio, wire.Video} {
		if t.of(k, codec.VP8).PT == 0 && uses(o, k) {
			return nil, wire.Refuse(wire.CodeNoCodec, "kind", string(k))
		}
	}
	t.extend(o.Exts)
	if t.mid == 0 && slices.ContainsFunc(o.Send, func(s wire.Send) bool { return s.SSRC == 0 }) {
		// Nothing would tell whose packets are whose.
		return nil, wire.Refuse(wire.CodeOffer, "why", "mid")
	}
	if t.rid == 0 && layered(o) {
		return nil, wire.Refuse(wire.CodeOffer, "why", "rid")
	}
	return t, nil
}

// take takes the offer's first codec of the meaning. Its PT is 0 when there is none.
func (t *terms) take(o *wire.Offer, m meaning) wire.Codec {
	i := slices.IndexFunc(o.Codecs, func(c wire.Codec) bool { return meaningOf(c) == m })
	if i < 0 {
		return wire.Codec{}
	}
	c := o.Codecs[i]
	t.taken = append(t.taken, c)
	t.byPT[c.PT&0x7f] = m
	if c.RTX != 0 {
		m.rtx = true
		t.byPT[c.RTX&0x7f] = m
	}
	return c
}

// layered reports whether something is sent in layers that only their names tell apart.
func layered(o *wire.Offer) bool {
	return slices.ContainsFunc(o.Send, func(s wire.Send) bool { return len(s.Rids) > 0 })
}

// extend takes the extensions that are used.
func (t *terms) extend(exts []wire.Ext) {
	ids := map[string]*uint8{
		wire.ExtMid: &t.mid, wire.ExtRid: &t.rid, wire.ExtRepairRid: &t.repair,
		wire.ExtTransport: &t.transport, wire.ExtLevel: &t.level,
	}
	if t.video[codec.AV1].PT != 0 {
		// Not for others: with it Chromium's VP8 has neither picture ids nor temporal ids (reference/browser.md, 4).
		ids[wire.ExtDependency] = &t.dependency
	}
	for _, e := range exts {
		if id := ids[e.URI]; id != nil {
			*id = e.ID
			t.exts = append(t.exts, e)
		}
	}
}

// clock is the rate of time stamps of a kind, in Hz.
func clock(k wire.Kind) uint32 {
	if k == wire.Audio {
		return 48000
	}
	return 90000
}

// repairs reports whether retransmissions of a kind can be sent to the client, with some codec: a slot's SSRC for them
// is there before it is known what will be in the slot.
func (t *terms) repairs(k wire.Kind) bool {
	if k == wire.Audio {
		return t.audio.RTX != 0
	}
	return slices.ContainsFunc(t.video[:], func(c wire.Codec) bool { return c.RTX != 0 })
}

// uses reports whether the offer has an m-line of the kind.
func uses(o *wire.Offer, k wire.Kind) bool {
	return slices.ContainsFunc(o.Send, func(s wire.Send) bool { return s.Stream.Kind() == k }) ||
		slices.ContainsFunc(o.Slots, func(s wire.Slot) bool { return s.Kind == k })
}

// continues reports whether offer o describes the peer connection that offer was described by before, but for more slots
// at the end and other ICE credentials. Browsers may list codecs in another order, or leave out those that were not
// taken: only what was agreed on must be there. It returns nil or the refusal.
func (t *terms) continues(was, o *wire.Offer, prefer []codec.Kind) *wire.Error {
	no := func(why string) *wire.Error { return wire.Refuse(wire.CodeOffer, "why", why) }
	now, refused := agree(o, prefer)
	if refused != nil {
		return refused
	}
	line := func(a, b wire.Send) bool {
		same := len(a.Rids) == 0 || len(b.Rids) == 0 || slices.Equal(a.Rids, b.Rids) // they may be left out
		return a.Mid == b.Mid && a.Stream == b.Stream && same
	}
	switch {
	case o.Fingerprint != was.Fingerprint:
		return no("fingerprint")
	case now.byPT != t.byPT:
		return no("codecs")
	case !t.sameExts(now):
		return no("exts")
	case !slices.EqualFunc(o.Send, was.Send, line):
		return no("send")
	case len(o.Slots) < len(was.Slots) || !slices.Equal(o.Slots[:len(was.Slots)], was.Slots):
		return no("slots")
	}
	return nil
}

func (t *terms) sameExts(o *terms) bool {
	ids := func(t *terms) [6]uint8 {
		return [6]uint8{t.mid, t.rid, t.repair, t.transport, t.level, t.dependency}
	}
	return ids(t) == ids(o)
}
