package sdp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/pion/sdp/v3"
)

// line is one m-line of an offer.
type line struct {
	md   *sdp.MediaDescription
	kind wire.Kind // "" for what is neither audio nor video
	mid  string
	dir  string // "sendrecv", "sendonly", "recvonly", "inactive"
	dead bool   // not to be used: rejected, or of another kind
}

// parse reads an offer and its m-lines. Each m-line has a mid, and no two have the same.
func parse(offer string) (*sdp.SessionDescription, []line, error) {
	var s sdp.SessionDescription
	if err := s.UnmarshalString(offer); err != nil {
		return nil, nil, fmt.Errorf("parse offer: %v", err)
	}
	lines := make([]line, 0, len(s.MediaDescriptions))
	mids := make(map[string]bool, len(s.MediaDescriptions))
	for i, md := range s.MediaDescriptions {
		mid, ok := md.Attribute("mid")
		if !ok || mid == "" || mids[mid] {
			return nil, nil, fmt.Errorf("m-line %d has no mid of its own", i)
		}
		mids[mid] = true
		lines = append(lines, readLine(md, mid))
	}
	if len(lines) == 0 {
		return nil, nil, fmt.Errorf("offer has no m-lines")
	}
	return &s, lines, nil
}

func readLine(md *sdp.MediaDescription, mid string) line {
	l := line{md: md, mid: mid, dir: "sendrecv"} // RFC 8866, section 6.7: the default
	switch k := wire.Kind(md.MediaName.Media); k {
	case wire.Audio, wire.Video:
		l.kind = k
	}
	for _, a := range md.Attributes {
		switch a.Key {
		case "sendrecv", "sendonly", "recvonly", "inactive":
			l.dir = a.Key
		}
	}
	// RFC 9143, section 7.2.1: in an offer, port 0 with bundle-only is an m-line like any other.
	_, bundleOnly := md.Attribute("bundle-only")
	l.dead = l.kind == "" || md.MediaName.Port.Value == 0 && !bundleOnly
	return l
}

// values are the values of all attributes with a key, in order.
func values(as []sdp.Attribute, key string) []string {
	var vs []string
	for _, a := range as {
		if a.Key == key {
			vs = append(vs, a.Value)
		}
	}
	return vs
}

// codec is one codec of an m-line.
type codec struct {
	wire.Codec
	rtpmap string // as offered, without the payload type: "opus/48000/2"
}

// known finds a codec by name; the result is the name that package wire uses, "" for codecs that are not described. SDP
// compares names without case (RFC 8866, section 6.6).
func known(kind wire.Kind, name string) string {
	names := []string{"VP8", "VP9", "AV1", "H264"}
	if kind == wire.Audio {
		names = []string{"opus"}
	}
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return n
		}
	}
	return ""
}

// codecs are the known codecs of an m-line, best first: in the order of the payload types in m=. Firefox leaves rtcp-fb
// lines of payload types that are not in m=; only what is in m= counts.
func (l line) codecs() []codec {
	maps := byPT(values(l.md.Attributes, "rtpmap"))
	fmtps := byPT(values(l.md.Attributes, "fmtp"))
	var cs []codec
	var seen [128]bool
	for _, f := range l.md.MediaName.Formats {
		pt, ok := payloadType(f)
		if !ok || seen[pt] {
			continue
		}
		seen[pt] = true
		offered, clock, ok := rtpmap(maps[pt])
		name := known(l.kind, offered)
		if !ok || name == "" {
			continue
		}
		c := codec{rtpmap: maps[pt]}
		c.Codec = wire.Codec{Kind: l.kind, Name: name, PT: pt, Clock: clock, Fmtp: fmtps[pt]}
		c.RTX = l.rtx(pt, maps, fmtps)
		cs = append(cs, c)
	}
	return cs
}

// rtx is the payload type of the retransmissions of pt, 0 when there are none (RFC 4588, section 8.1).
func (l line) rtx(pt uint8, maps, fmtps map[uint8]string) uint8 {
	for _, f := range l.md.MediaName.Formats {
		r, ok := payloadType(f)
		if !ok || r == pt {
			continue
		}
		if name, _, ok := rtpmap(maps[r]); !ok || !strings.EqualFold(name, "rtx") {
			continue
		}
		for p := range strings.SplitSeq(fmtps[r], ";") {
			if apt, ok := strings.CutPrefix(strings.TrimSpace(p), "apt="); ok && apt == strconv.Itoa(int(pt)) {
				return r
			}
		}
	}
	return 0
}

// byPT sorts values that begin with a payload type. The first of several wins.
func byPT(vs []string) map[uint8]string {
	m := make(map[uint8]string, len(vs))
	for _, v := range vs {
		f, rest, _ := strings.Cut(v, " ")
		if pt, ok := payloadType(f); ok {
			if _, twice := m[pt]; !twice {
				m[pt] = rest
			}
		}
	}
	return m
}

// payloadType reads a payload type that may be used in a bundle: those that are dynamic and cannot be mistaken for RTCP
// (RFC 8829, section 5.2.1; RFC 5761, section 4).
func payloadType(s string) (uint8, bool) {
	n, err := strconv.ParseUint(s, 10, 8)
	return uint8(n), err == nil && (n >= 96 && n <= 127 || n >= 35 && n <= 63)
}

// rtpmap reads "NAME/CLOCK[/CHANNELS]".
func rtpmap(s string) (name string, clock uint32, ok bool) {
	name, rest, ok := strings.Cut(s, "/")
	if !ok {
		return "", 0, false
	}
	rest, _, _ = strings.Cut(rest, "/")
	n, err := strconv.ParseUint(rest, 10, 32)
	return name, uint32(n), err == nil
}

// exts are the header extensions of an m-line that package wire names. A direction after the id ("2/recvonly") is
// dropped: in the answer it would say nothing that the use of the m-line does not.
func (l line) exts() []wire.Ext {
	var es []wire.Ext
	for _, v := range values(l.md.Attributes, "extmap") {
		num, rest, _ := strings.Cut(v, " ")
		num, _, _ = strings.Cut(num, "/")
		uri, _, _ := strings.Cut(rest, " ")
		id, err := strconv.ParseUint(num, 10, 8)
		if err != nil || id < 1 || id > 14 || !slices.Contains(extensions, uri) {
			continue
		}
		es = append(es, wire.Ext{URI: uri, ID: uint8(id)})
	}
	return es
}

var extensions = []string{wire.ExtMid, wire.ExtRid, wire.ExtRepairRid, wire.ExtTransport, wire.ExtLevel, wire.ExtDependency}

// rids are the simulcast layers that the m-line sends, in the order of a=simulcast (RFC 8853, section 5.1), which the
// client writes lowest first.
func (l line) rids() []string {
	offered := make(map[string]bool)
	for _, v := range values(l.md.Attributes, "rid") {
		if f := strings.Fields(v); len(f) > 1 && f[1] == "send" {
			offered[f[0]] = true
		}
	}
	v, _ := l.md.Attribute("simulcast")
	f := strings.Fields(v)
	var rs []string
	for i := 0; i+1 < len(f); i += 2 {
		if f[i] != "send" {
			continue
		}
		for layer := range strings.SplitSeq(f[i+1], ";") {
			r, _, _ := strings.Cut(layer, ",") // alternatives: the first one
			if r = strings.TrimPrefix(r, "~"); offered[r] {
				rs = append(rs, r)
			}
		}
	}
	return rs
}
