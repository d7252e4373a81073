package sdp

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/conclave-meet/conclave/shared/wire"
)

// Describe reduces an offer that the peer connection made of itself. sends says which stream each m-line that sends
// carries, by mid; m-lines that only receive are slots. fresh says that this peer connection was not described before.
//
// It returns an error when the offer has no ICE credentials, no SHA-256 fingerprint, an m-line that sends without being
// in sends, or when sends has a mid that the offer does not send on.
func Describe(offer string, sends map[string]wire.Stream, fresh bool) (*wire.Offer, error) {
	d, err := parse(offer)
	if err != nil {
		return nil, err
	}
	return reduce(d, sends, fresh)
}

// DescribeSealed is [Describe] for a peer connection whose frames are encrypted end to end. H.264 is left out, for its
// packetisers must be able to read it (e2ee.md, 4.4), and so is RED, whose frames would have to be taken apart first.
func DescribeSealed(offer string, sends map[string]wire.Stream, fresh bool) (*wire.Offer, error) {
	d, err := parse(offer)
	if err != nil {
		return nil, err
	}
	d.seal()
	return reduce(d, sends, fresh)
}

func reduce(d *description, sends map[string]wire.Stream, fresh bool) (*wire.Offer, error) {
	o := &wire.Offer{Fresh: fresh, Codecs: []wire.Codec{}, Exts: []wire.Ext{}, Send: []wire.Send{}, Slots: []wire.Slot{}}
	if err := describeTransport(o, d); err != nil {
		return nil, err
	}
	for _, l := range d.lines {
		if err := describeLine(o, l, sends); err != nil {
			return nil, err
		}
	}
	if len(o.Send) != len(sends) {
		return nil, fmt.Errorf("%d of %d streams have an m-line", len(o.Send), len(sends))
	}
	if len(o.Codecs) == 0 {
		return nil, errors.New("offer has no codec that we know")
	}
	return o, nil
}

// describeTransport finds what the bundle has once: on the session (Firefox's fingerprint) or on any m-line.
func describeTransport(o *wire.Offer, d *description) error {
	sections := [][]attr{d.attrs}
	for _, l := range d.lines {
		if !l.dead {
			sections = append(sections, l.attrs)
		}
	}
	for _, as := range sections {
		ufrag, pwd := values(as, "ice-ufrag"), values(as, "ice-pwd")
		if o.ICE.Ufrag == "" && len(ufrag) > 0 && len(pwd) > 0 {
			o.ICE = wire.ICE{Ufrag: ufrag[0], Pwd: pwd[0]}
		}
		for _, f := range values(as, "fingerprint") {
			hash, hex, _ := strings.Cut(f, " ")
			if o.Fingerprint == "" && strings.EqualFold(hash, "sha-256") {
				o.Fingerprint = strings.ToUpper(hex)
			}
		}
	}
	if o.ICE.Ufrag == "" {
		return errors.New("offer has no ICE credentials")
	}
	if o.Fingerprint == "" {
		return errors.New("offer has no SHA-256 fingerprint")
	}
	return nil
}

func describeLine(o *wire.Offer, l line, sends map[string]wire.Stream) error {
	if l.dead || l.dir == "inactive" {
		return nil
	}
	describeCodecs(o, l)
	describeExts(o, l)
	if l.dir == "recvonly" {
		o.Slots = append(o.Slots, wire.Slot{Mid: l.mid, Kind: l.kind})
		return nil
	}
	stream, ok := sends[l.mid]
	switch {
	case !ok:
		return fmt.Errorf("m-line %q sends, but no stream is known for it", l.mid)
	case stream.Kind() != l.kind:
		return fmt.Errorf("m-line %q is %s, its stream %s is not", l.mid, l.kind, stream)
	}
	send := wire.Send{Mid: l.mid, Stream: stream, Rids: l.rids()}
	if len(send.Rids) > wire.MaxRids {
		return fmt.Errorf("m-line %q has %d simulcast layers", l.mid, len(send.Rids))
	}
	if len(send.Rids) == 0 {
		send.SSRC, send.RTX = l.ssrcs()
	}
	o.Send = append(o.Send, send)
	return nil
}

// describeCodecs adds what the m-line has beyond the ones before it.
func describeCodecs(o *wire.Offer, l line) {
	used := func(pt uint8) bool {
		return slices.ContainsFunc(o.Codecs, func(c wire.Codec) bool { return c.PT == pt || c.RTX == pt })
	}
	for _, c := range l.codecs() {
		if used(c.PT) || len(o.Codecs) == wire.MaxCodecs {
			continue
		}
		if c.RTX != 0 && used(c.RTX) {
			c.RTX = 0
		}
		o.Codecs = append(o.Codecs, c.Codec)
	}
}

func describeExts(o *wire.Offer, l line) {
	for _, e := range l.exts() {
		if !slices.ContainsFunc(o.Exts, func(x wire.Ext) bool { return x.URI == e.URI || x.ID == e.ID }) {
			o.Exts = append(o.Exts, e)
		}
	}
}

// ssrcs are the SSRC that the m-line sends with and that of its retransmissions, 0 where the offer does not say. Only
// for m-lines that send: Firefox writes an SSRC on those that receive too, for its RTCP.
func (l line) ssrcs() (ssrc, rtx uint32) {
	if v := values(l.attrs, "ssrc"); len(v) > 0 {
		f, _, _ := strings.Cut(v[0], " ")
		ssrc = number(f)
	}
	for _, v := range values(l.attrs, "ssrc-group") {
		// RFC 5888 and RFC 4588, section 8.2: "FID MEDIA RTX".
		if f := strings.Fields(v); ssrc != 0 && len(f) == 3 && f[0] == "FID" && number(f[1]) == ssrc {
			rtx = number(f[2])
		}
	}
	return ssrc, rtx
}

func number(s string) uint32 {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}
