package sdp

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/conclave-meet/conclave/shared/wire"
)

// attr is one a= line: "a=KEY" or "a=KEY:VALUE".
type attr struct{ key, value string }

// description is what matters of an SDP: the version of o=, the session's attributes, the m-lines.
type description struct {
	version uint64
	attrs   []attr
	lines   []line
}

// line is one m-line of an offer.
type line struct {
	kind  wire.Kind // "" for what is neither audio nor video
	media string    // the first field of m=
	port  string
	proto string
	pts   []string // payload types, best first
	attrs []attr
	mid   string
	dir   string // "sendrecv", "sendonly", "recvonly", "inactive"
	dead  bool   // not to be used: rejected, or of another kind
}

// parse reads an offer. Each m-line has a mid, and no two have the same. It reads what JSEP (RFC 8829, section 5.2)
// has a browser write, which is less than SDP: a general parser is a tenth of what the page may weigh.
func parse(offer string) (*description, error) {
	var d description
	attrs := &d.attrs
	for i, text := range strings.Split(strings.TrimRight(offer, "\r\n"), "\n") {
		text = strings.TrimSuffix(text, "\r")
		if len(text) < 2 || text[1] != '=' || (i == 0) != (text[0] == 'v') {
			return nil, fmt.Errorf("parse offer: line %d is none of SDP", i+1)
		}
		switch value := text[2:]; text[0] {
		case 'o': // RFC 8866, section 5.2: user, session, version …
			if f := strings.Fields(value); len(f) > 2 {
				d.version, _ = strconv.ParseUint(f[2], 10, 63)
			}
		case 'm':
			l, err := newLine(value)
			if err != nil {
				return nil, fmt.Errorf("parse offer: line %d: %v", i+1, err)
			}
			d.lines = append(d.lines, l)
			attrs = &d.lines[len(d.lines)-1].attrs
		case 'a':
			k, v, _ := strings.Cut(value, ":")
			*attrs = append(*attrs, attr{k, v})
		}
	}
	return &d, d.finish()
}

// newLine reads the value of m= (RFC 8866, section 5.14): media, port, protocol, payload types.
func newLine(value string) (line, error) {
	f := strings.Fields(value)
	if len(f) < 4 {
		return line{}, errors.New("m= is not whole")
	}
	l := line{media: f[0], port: f[1], proto: f[2], pts: f[3:]}
	switch k := wire.Kind(l.media); k {
	case wire.Audio, wire.Video:
		l.kind = k
	}
	return l, nil
}

// finish finds mid and direction of each m-line.
func (d *description) finish() error {
	if len(d.lines) == 0 {
		return errors.New("parse offer: no m-lines")
	}
	mids := make(map[string]bool, len(d.lines))
	for i := range d.lines {
		l := &d.lines[i]
		l.mid, l.dir = first(l.attrs, "mid"), "sendrecv" // RFC 8866, section 6.7: the default
		if !visible(l.mid) || mids[l.mid] {
			return fmt.Errorf("parse offer: m-line %d has no mid of its own", i)
		}
		mids[l.mid] = true
		bundleOnly := false
		for _, a := range l.attrs {
			switch a.key {
			case "sendrecv", "sendonly", "recvonly", "inactive":
				l.dir = a.key
			case "bundle-only":
				bundleOnly = true
			}
		}
		// RFC 9143, section 7.2.1: in an offer, port 0 with bundle-only is an m-line like any other.
		l.dead = l.kind == "" || l.port == "0" && !bundleOnly
	}
	return nil
}

// values are the values of all attributes with a key, in order.
func values(as []attr, key string) []string {
	var vs []string
	for _, a := range as {
		if a.key == key {
			vs = append(vs, a.value)
		}
	}
	return vs
}

// first is the value of the first attribute with a key, "" when there is none.
func first(as []attr, key string) string {
	for _, a := range as {
		if a.key == key {
			return a.value
		}
	}
	return ""
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

// codec is one codec of an m-line.
type codec struct {
	wire.Codec
	rtpmap string // as offered, without the payload type: "opus/48000/2"
	nack   bool   // who offers asks for lost packets again (RFC 4585, section 6.2.1)
}

// pts are the payload types of a codec and of its retransmissions, as in m=.
func (c codec) pts() []string {
	pts := []string{strconv.Itoa(int(c.PT))}
	if c.RTX != 0 {
		pts = append(pts, strconv.Itoa(int(c.RTX)))
	}
	return pts
}

// known finds a codec by name; the result is the name that package wire uses, "" for codecs that are not described. SDP
// compares names without case (RFC 8866, section 6.6).
func known(kind wire.Kind, name string) string {
	names := []string{"VP8", "VP9", "AV1", "H264"}
	if kind == wire.Audio {
		names = []string{"opus", "red"}
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
	maps := byPT(values(l.attrs, "rtpmap"))
	fmtps := byPT(values(l.attrs, "fmtp"))
	var cs []codec
	var seen [128]bool
	for _, f := range l.pts {
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
		c := codec{rtpmap: maps[pt], nack: slices.Contains(values(l.attrs, "rtcp-fb"), f+" nack")}
		c.Codec = wire.Codec{Kind: l.kind, Name: name, PT: pt, Clock: clock, Fmtp: fmtps[pt]}
		c.RTX = l.rtx(pt, maps, fmtps)
		cs = append(cs, c)
	}
	return cs
}

// rtx is the payload type of the retransmissions of pt, 0 when there are none (RFC 4588, section 8.1).
func (l line) rtx(pt uint8, maps, fmtps map[uint8]string) uint8 {
	for _, f := range l.pts {
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
	for _, v := range values(l.attrs, "extmap") {
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
	for _, v := range values(l.attrs, "rid") {
		if f := strings.Fields(v); len(f) > 1 && f[1] == "send" {
			offered[f[0]] = true
		}
	}
	f := strings.Fields(first(l.attrs, "simulcast"))
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
