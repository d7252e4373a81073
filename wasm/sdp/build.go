package sdp

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/pion/sdp/v3"
)

// opusFmtp asks for in-band forward error correction (RFC 7587, section 6.1), and for mono, by not asking for stereo.
const opusFmtp = "minptime=10;useinbandfec=1"

// Build makes the answer to an offer, to be given to the peer connection that made it. offer is its local description,
// not older than what a was given for: m-lines that a does not know are inactive until the next answer.
//
// It returns an error when a has no usable transport, or no codec for an m-line that is used.
func Build(offer string, a *wire.Answer) (string, error) {
	s, lines, err := parse(offer)
	if err != nil {
		return "", err
	}
	if err := checkAnswer(a); err != nil {
		return "", err
	}
	b := builder{a: a, slots: make(map[string]wire.Slot, len(a.Slots))}
	for _, slot := range a.Slots {
		b.slots[slot.Mid] = slot
	}
	out := sdp.SessionDescription{
		Origin: sdp.Origin{
			Username: "-", SessionID: 1, NetworkType: "IN", AddressType: "IP4", UnicastAddress: "127.0.0.1",
			// RFC 3264, section 8: it rises with every description. The offer's does.
			SessionVersion: s.Origin.SessionVersion,
		},
		SessionName:      "-",
		TimeDescriptions: []sdp.TimeDescription{{}},
	}
	bundle := []string{"BUNDLE"}
	for _, l := range lines {
		if l.dead {
			out.MediaDescriptions = append(out.MediaDescriptions, rejected(l))
			continue
		}
		md, err := b.line(l, len(bundle) == 1)
		if err != nil {
			return "", err
		}
		bundle = append(bundle, l.mid)
		out.MediaDescriptions = append(out.MediaDescriptions, md)
	}
	out.Attributes = []sdp.Attribute{
		{Key: "group", Value: strings.Join(bundle, " ")},
		{Key: "ice-lite"},
	}
	text, err := out.Marshal()
	if err != nil {
		return "", fmt.Errorf("write answer: %v", err)
	}
	return string(text), nil
}

// checkAnswer refuses values that would not be one line of SDP, or not the one that it is written to.
func checkAnswer(a *wire.Answer) error {
	switch {
	case a == nil:
		return errors.New("no answer")
	case !visible(a.ICE.Ufrag) || !visible(a.ICE.Pwd):
		return errors.New("answer has no ICE credentials")
	case !visible(a.Fingerprint):
		return errors.New("answer has no fingerprint")
	case len(a.Candidates) == 0:
		return errors.New("answer has no candidates")
	}
	for _, c := range a.Candidates {
		if !visible(strings.ReplaceAll(c, " ", "")) {
			return errors.New("answer has a candidate that is none")
		}
	}
	return nil
}

// visible reports whether s is visible ASCII, and not empty.
func visible(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return s != ""
}

// rejected is the answer to an m-line that is not used (RFC 3264, section 6). It is not in the bundle.
func rejected(l line) *sdp.MediaDescription {
	name := l.md.MediaName
	name.Port = sdp.RangedPort{}
	return &sdp.MediaDescription{
		MediaName:             name,
		ConnectionInformation: anywhere(),
		Attributes:            []sdp.Attribute{{Key: "mid", Value: l.mid}, {Key: "inactive"}},
	}
}

func anywhere() *sdp.ConnectionInformation {
	return &sdp.ConnectionInformation{NetworkType: "IN", AddressType: "IP4", Address: &sdp.Address{Address: "0.0.0.0"}}
}

// builder writes the m-lines of one answer.
type builder struct {
	a     *wire.Answer
	slots map[string]wire.Slot // by mid
}

func (b *builder) line(l line, first bool) (*sdp.MediaDescription, error) {
	codecs := b.codecs(l)
	if len(codecs) == 0 {
		return nil, fmt.Errorf("answer has no codec for m-line %q", l.mid)
	}
	slot, filled := b.slots[l.mid]
	filled = filled && slot.SSRC != 0 && l.dir == "recvonly"

	md := &sdp.MediaDescription{
		MediaName: sdp.MediaName{
			Media:  string(l.kind),
			Port:   sdp.RangedPort{Value: 9}, // RFC 8840, section 4.1.1: the discard port
			Protos: []string{"UDP", "TLS", "RTP", "SAVPF"},
		},
		ConnectionInformation: anywhere(),
	}
	w := writer{md}
	w.add("mid", l.mid)
	w.flag(direction(l.dir, filled))
	w.flag("rtcp-mux")
	w.flag("rtcp-rsize")
	b.transport(w, first)
	for _, c := range codecs {
		w.codec(c)
	}
	for _, e := range l.exts() {
		if slices.Contains(b.a.Exts, e) {
			w.add("extmap", strconv.Itoa(int(e.ID))+" "+e.URI)
		}
	}
	if filled {
		w.slot(slot)
	}
	if rids := l.rids(); len(rids) > 0 && b.uses(wire.ExtRid) {
		for _, r := range rids {
			w.add("rid", r+" recv")
		}
		w.add("simulcast", "recv "+strings.Join(rids, ";"))
	}
	return md, nil
}

// direction is the answer's. Nobody sends and receives on one m-line.
func direction(offered string, filled bool) string {
	switch {
	case filled:
		return "sendonly"
	case offered == "sendonly" || offered == "sendrecv":
		return "recvonly"
	}
	return "inactive"
}

// codecs are those of the m-line that the answer uses, in the answer's order. RTX is 0 when the answer does not use it.
func (b *builder) codecs(l line) []codec {
	offered := l.codecs()
	var cs []codec
	for _, want := range b.a.Codecs {
		i := slices.IndexFunc(offered, func(c codec) bool { return c.PT == want.PT && want.Kind == l.kind })
		if i < 0 || slices.ContainsFunc(cs, func(c codec) bool { return c.PT == want.PT }) {
			continue
		}
		c := offered[i]
		if want.RTX != c.RTX {
			c.RTX = 0
		}
		cs = append(cs, c)
	}
	return cs
}

func (b *builder) uses(uri string) bool {
	return slices.ContainsFunc(b.a.Exts, func(e wire.Ext) bool { return e.URI == uri })
}

// transport is the same on every m-line; the addresses are needed on the first one only, which all are bundled onto.
func (b *builder) transport(w writer, first bool) {
	w.add("setup", "passive")
	w.add("ice-ufrag", b.a.ICE.Ufrag)
	w.add("ice-pwd", b.a.ICE.Pwd)
	w.add("fingerprint", "sha-256 "+b.a.Fingerprint)
	if !first {
		return
	}
	for _, c := range b.a.Candidates {
		w.add("candidate", c)
	}
	w.flag("end-of-candidates")
}

// writer adds attributes to an m-line.
type writer struct{ md *sdp.MediaDescription }

func (w writer) add(key, value string) {
	w.md.Attributes = append(w.md.Attributes, sdp.Attribute{Key: key, Value: value})
}

func (w writer) flag(key string) { w.add(key, "") }

func (w writer) codec(c codec) {
	pt := strconv.Itoa(int(c.PT))
	w.md.MediaName.Formats = append(w.md.MediaName.Formats, pt)
	w.add("rtpmap", pt+" "+c.rtpmap)
	switch {
	case c.Name == "opus":
		w.add("fmtp", pt+" "+opusFmtp)
	case c.Name != "VP8" && c.Fmtp != "":
		// The others' parameters name the profile, which is the same both ways. VP8's are limits of who receives
		// (RFC 7741, section 6.1): the relay has none.
		w.add("fmtp", pt+" "+c.Fmtp)
	}
	w.add("rtcp-fb", pt+" transport-cc")
	if c.Kind == wire.Video {
		w.add("rtcp-fb", pt+" nack")
		w.add("rtcp-fb", pt+" nack pli")
	}
	if c.RTX != 0 {
		rtx := strconv.Itoa(int(c.RTX))
		w.md.MediaName.Formats = append(w.md.MediaName.Formats, rtx)
		w.add("rtpmap", rtx+" rtx/"+strconv.Itoa(int(c.Clock)))
		w.add("fmtp", rtx+" apt="+pt)
	}
}

func (w writer) slot(s wire.Slot) {
	ssrc, rtx := strconv.FormatUint(uint64(s.SSRC), 10), strconv.FormatUint(uint64(s.RTX), 10)
	w.add("msid", "slot"+s.Mid+" track"+s.Mid)
	if s.RTX != 0 {
		w.add("ssrc-group", "FID "+ssrc+" "+rtx)
	}
	w.add("ssrc", ssrc+" cname:c")
	if s.RTX != 0 {
		w.add("ssrc", rtx+" cname:c")
	}
}
