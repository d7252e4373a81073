package sdp

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/conclave-meet/conclave/shared/wire"
)

// opusFmtp asks for in-band forward error correction (RFC 7587, section 6.1), and for mono, by not asking for stereo.
const opusFmtp = "minptime=10;useinbandfec=1"

// SealedOpus are the parameters of sound in [BuildSealed]'s answers. They ask further for packets of one size, silence included (RFC 7587, section 6.1): with other sizes the relay
// could tell words from what it cannot decrypt (RFC 6562). Chromium 156 sends 80 bytes each then, instead of 3 to 141.
// Firefox 153 takes no notice; the sealer pads its packets (package opus).
const SealedOpus = opusFmtp + ";cbr=1;usedtx=0"

// mixed allows extensions of more than 16 bytes (RFC 8285, section 6). Chromium leaves the dependency descriptor out
// altogether where it is not answered, and AV1 cannot be decoded behind a relay without.
const mixed = "extmap-allow-mixed"

// Build makes the answer to an offer, to be given to the peer connection that made it. offer is its local description,
// not older than what a was given for: m-lines that a does not know are inactive until the next answer.
//
// It returns an error when a has no usable transport, or no codec for an m-line that is used.
func Build(offer string, a *wire.Answer) (string, error) {
	d, err := parse(offer)
	if err != nil {
		return "", err
	}
	return build(d, a, opusFmtp)
}

// BuildSealed is [Build] for a peer connection whose frames are encrypted end to end: whatever the relay answers, no
// codec is used that [DescribeSealed] leaves out, and sound is asked for with a constant bit rate.
func BuildSealed(offer string, a *wire.Answer) (string, error) {
	d, err := parse(offer)
	if err != nil {
		return "", err
	}
	d.seal()
	return build(d, a, SealedOpus)
}

func build(d *description, a *wire.Answer, opus string) (string, error) {
	if err := checkAnswer(a); err != nil {
		return "", err
	}
	b := builder{a: a, opus: opus, slots: make(map[string]wire.Slot, len(a.Slots))}
	for _, slot := range a.Slots {
		b.slots[slot.Mid] = slot
	}
	bundle := "BUNDLE"
	for _, l := range d.lines {
		if !l.dead {
			bundle += " " + l.mid
		}
	}
	b.line("v=0")
	// RFC 3264, section 8: the version rises with every description. The offer's does.
	b.line("o=- 1 " + strconv.FormatUint(d.version, 10) + " IN IP4 127.0.0.1")
	b.line("s=-")
	b.line("t=0 0")
	b.attr("group", bundle)
	b.attr("ice-lite", "")
	if len(values(d.attrs, mixed)) > 0 {
		b.attr(mixed, "")
	}
	for _, l := range d.lines {
		if l.dead {
			b.rejected(l)
		} else if err := b.used(l); err != nil {
			return "", err
		}
	}
	return b.text.String(), nil
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

// builder writes one answer.
type builder struct {
	a         *wire.Answer
	opus      string               // its parameters
	slots     map[string]wire.Slot // by mid
	text      strings.Builder
	addressed bool // an m-line has the relay's addresses
}

// line writes one line (RFC 8866, section 5: ended by CRLF).
func (b *builder) line(s string) {
	b.text.WriteString(s)
	b.text.WriteString("\r\n")
}

func (b *builder) attr(key, value string) {
	if value != "" {
		key += ":" + value
	}
	b.line("a=" + key)
}

// rejected answers an m-line that is not used (RFC 3264, section 6). It is not in the bundle.
func (b *builder) rejected(l line) {
	b.line("m=" + l.media + " 0 " + l.proto + " " + strings.Join(l.pts, " "))
	b.line("c=IN IP4 0.0.0.0")
	b.attr("mid", l.mid)
	b.attr("inactive", "")
}

func (b *builder) used(l line) error {
	codecs := b.codecs(l)
	if len(codecs) == 0 {
		return fmt.Errorf("answer has no codec for m-line %q", l.mid)
	}
	slot, filled := b.slots[l.mid]
	filled = filled && slot.SSRC != 0 && l.dir == "recvonly"

	pts := ""
	for _, c := range codecs {
		pts += " " + strings.Join(c.pts(), " ")
	}
	// RFC 8840, section 4.1.1: 9 is the port of what has its addresses elsewhere.
	b.line("m=" + l.media + " 9 UDP/TLS/RTP/SAVPF" + pts)
	b.line("c=IN IP4 0.0.0.0")
	b.attr("mid", l.mid)
	b.attr(direction(l.dir, filled), "")
	b.attr("rtcp-mux", "")
	b.attr("rtcp-rsize", "")
	b.transport()
	for _, c := range codecs {
		b.codec(c)
	}
	for _, e := range l.exts() {
		if slices.Contains(b.a.Exts, e) {
			b.attr("extmap", strconv.Itoa(int(e.ID))+" "+e.URI)
		}
	}
	if filled {
		b.slot(slot)
	}
	if rids := l.rids(); len(rids) > 0 && b.uses(wire.ExtRid) {
		for _, r := range rids {
			b.attr("rid", r+" recv")
		}
		b.attr("simulcast", "recv "+strings.Join(rids, ";"))
	}
	return nil
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
func (b *builder) transport() {
	b.attr("setup", "passive")
	b.attr("ice-ufrag", b.a.ICE.Ufrag)
	b.attr("ice-pwd", b.a.ICE.Pwd)
	b.attr("fingerprint", "sha-256 "+b.a.Fingerprint)
	if b.addressed {
		return
	}
	b.addressed = true
	for _, c := range b.a.Candidates {
		b.attr("candidate", c)
	}
	b.attr("end-of-candidates", "")
}

func (b *builder) codec(c codec) {
	pt := strconv.Itoa(int(c.PT)) + " "
	b.attr("rtpmap", pt+c.rtpmap)
	switch {
	case c.Name == "opus":
		b.attr("fmtp", pt+b.opus)
	case c.Name != "VP8" && c.Fmtp != "":
		// The others' parameters name the profile, which is the same both ways. VP8's are limits of who receives
		// (RFC 7741, section 6.1): the relay has none.
		b.attr("fmtp", pt+c.Fmtp)
	}
	if c.Name == "red" {
		return // feedback is about the packets of the stream, and opus has said what there is
	}
	b.attr("rtcp-fb", pt+"transport-cc")
	if c.Kind == wire.Video || c.nack {
		b.attr("rtcp-fb", pt+"nack")
	}
	if c.Kind == wire.Video {
		b.attr("rtcp-fb", pt+"nack pli")
	}
	if c.RTX != 0 {
		rtx := strconv.Itoa(int(c.RTX)) + " "
		b.attr("rtpmap", rtx+"rtx/"+strconv.Itoa(int(c.Clock)))
		b.attr("fmtp", rtx+"apt="+strconv.Itoa(int(c.PT)))
	}
}

func (b *builder) slot(s wire.Slot) {
	ssrc, rtx := strconv.FormatUint(uint64(s.SSRC), 10), strconv.FormatUint(uint64(s.RTX), 10)
	b.attr("msid", "slot"+s.Mid+" track"+s.Mid)
	if s.RTX != 0 {
		b.attr("ssrc-group", "FID "+ssrc+" "+rtx)
	}
	b.attr("ssrc", ssrc+" cname:c")
	if s.RTX != 0 {
		b.attr("ssrc", rtx+" cname:c")
	}
}
