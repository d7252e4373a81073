package wire

import "strings"

func noOffer(why string) *Error { return Refuse(CodeOffer, "why", why) }

// check refuses an offer that nobody could answer. What it lets through may still be of no use to the relay (an unknown
// codec); that is decided there.
func (o *Offer) check() error {
	if err := o.ICE.check(); err != nil {
		return err
	}
	if !fingerprintOK(o.Fingerprint) {
		return noOffer("fingerprint")
	}
	if err := checkCodecs(o.Codecs); err != nil {
		return err
	}
	if err := checkExts(o.Exts); err != nil {
		return err
	}
	mids := make(map[string]bool, len(o.Send)+len(o.Slots))
	if err := checkSends(o.Send, mids); err != nil {
		return err
	}
	return checkSlots(o.Slots, mids)
}

func (i ICE) check() error {
	if !iceChars(i.Ufrag, 4, 256) || !iceChars(i.Pwd, 22, 256) {
		return noOffer("ice")
	}
	return nil
}

// iceChars: RFC 8839, section 5.4: ALPHA / DIGIT / "+" / "/".
func iceChars(s string, least, most int) bool {
	if len(s) < least || len(s) > most {
		return false
	}
	for _, c := range []byte(s) {
		if !alnum(c) && c != '+' && c != '/' {
			return false
		}
	}
	return true
}

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// fingerprintOK: RFC 8122, section 5: 32 pairs of upper-case hex digits.
func fingerprintOK(s string) bool {
	if len(s) != 32*3-1 {
		return false
	}
	for i, c := range []byte(s) {
		hex := c >= '0' && c <= '9' || c >= 'A' && c <= 'F'
		if colon := i%3 == 2; colon && c != ':' || !colon && !hex {
			return false
		}
	}
	return true
}

// ptOK: the payload types that WebRTC may use for dynamic assignments (RFC 8829, section 5.2.1; RFC 5761, section 4).
func ptOK(pt uint8) bool { return pt >= 96 && pt <= 127 || pt >= 35 && pt <= 63 }

func checkCodecs(cs []Codec) error {
	if len(cs) == 0 || len(cs) > MaxCodecs {
		return noOffer("codecs")
	}
	used := make(map[uint8]bool, 2*len(cs))
	for _, c := range cs {
		switch {
		case c.Kind != Audio && c.Kind != Video:
			return noOffer("codec.kind")
		case c.Name == "" || len(c.Name) > 32 || !printable(c.Name):
			return noOffer("codec.name")
		case c.Clock < 8000 || c.Clock > 192000:
			return noOffer("codec.clock")
		case len(c.Fmtp) > 256 || !printable(strings.ReplaceAll(c.Fmtp, " ", "")):
			return noOffer("codec.fmtp")
		case !ptOK(c.PT) || used[c.PT]:
			return noOffer("codec.pt")
		}
		used[c.PT] = true
		if c.RTX != 0 {
			if !ptOK(c.RTX) || used[c.RTX] {
				return noOffer("codec.rtx")
			}
			used[c.RTX] = true
		}
	}
	return nil
}

func checkExts(es []Ext) error {
	if len(es) > MaxExts {
		return noOffer("exts")
	}
	var ids [15]bool
	uris := make(map[string]bool, len(es))
	for _, e := range es {
		// Two-byte headers (ids over 14) are not used: RFC 8285, section 4.2.
		if e.ID < 1 || e.ID > 14 || ids[e.ID] {
			return noOffer("ext.id")
		}
		if e.URI == "" || len(e.URI) > 256 || !printable(e.URI) || uris[e.URI] {
			return noOffer("ext.uri")
		}
		ids[e.ID], uris[e.URI] = true, true
	}
	return nil
}

// token reports whether s may be a mid or a rid: RFC 8843, section 8 and RFC 8851, section 10, without '_' and '-' in
// rids left aside; at most 16 bytes, which is what one-byte header extensions carry (RFC 8285, section 4.2).
func token(s string) bool {
	if s == "" || len(s) > 16 {
		return false
	}
	for _, c := range []byte(s) {
		if !alnum(c) && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func checkSends(ss []Send, mids map[string]bool) error {
	if len(ss) > MaxSends {
		return noOffer("send")
	}
	var seen [streams]bool
	for _, s := range ss {
		if !token(s.Mid) || mids[s.Mid] {
			return noOffer("send.mid")
		}
		if s.Stream >= streams || seen[s.Stream] {
			return noOffer("send.stream")
		}
		if len(s.Rids) > MaxRids {
			return noOffer("send.rids")
		}
		for i, r := range s.Rids {
			for _, q := range s.Rids[:i] {
				if q == r {
					return noOffer("send.rids")
				}
			}
			if !token(r) {
				return noOffer("send.rids")
			}
		}
		mids[s.Mid], seen[s.Stream] = true, true
	}
	return nil
}

func checkSlots(ss []Slot, mids map[string]bool) error {
	audio, video := 0, 0
	for _, s := range ss {
		switch s.Kind {
		case Audio:
			audio++
		case Video:
			video++
		default:
			return noOffer("slot.kind")
		}
		if !token(s.Mid) || mids[s.Mid] {
			return noOffer("slot.mid")
		}
		if s.SSRC != 0 || s.RTX != 0 {
			return noOffer("slot.ssrc")
		}
		mids[s.Mid] = true
	}
	if audio > MaxAudioSlots || video > MaxVideoSlots {
		return noOffer("slots")
	}
	return nil
}
