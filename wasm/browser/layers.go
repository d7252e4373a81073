package browser

import (
	"strings"

	"github.com/conclave-meet/conclave/shared/wire"
)

// rids name the simulcast layers of a stream in the offer, lowest first; none: it is sent in one. The senders are there
// before anything is captured, so these are the most that a stream may ever have (RFC 8853).
var rids = [len(wire.Streams)][]string{wire.Cam: {"q", "h", "f"}, wire.Screen: {"q", "f"}}

// size is what a track captures, in pixels; 0 where the browser does not say yet.
type size struct{ w, h int }

// shape is how a stream is to be sent.
type shape struct {
	stream wire.Stream
	size   size
	told   bool          // the relay said how
	wanted wire.Encoding // what it said
}

// encoding is how one of a sender's encodings is to be sent: RTCRtpEncodingParameters of WebRTC and WebRTC-SVC.
type encoding struct {
	active  bool
	scale   int    // scaleResolutionDownBy
	bitrate int    // maxBitrate, bits per second
	rate    int    // maxFramerate; 0: as captured
	mode    string // scalabilityMode
}

// temporal is the mode of one picture size in three frame rates: the relay can take away half of the frames or three
// quarters. simple is that of codecs whose frames it cannot tell apart.
const (
	temporal = "L1T3"
	simple   = "L1T1"
)

// A screen's text is worth more than its motion: people read it (media.md, "Layers"). More frames would take bits from
// the letters, fewer would be seen when somebody scrolls.
const (
	screenRate    = 15
	screenBitrate = 2_500_000
	// The low layer is for those who see the screen small or over a bad network.
	lowScreenRate    = 5
	lowScreenBitrate = 400_000
)

// bitrates are what pictures of at most so many pixels are good with at 30 frames a second in VP8, bits per second. More
// is hard to see, less is.
var bitrates = [...]struct{ pixels, bitrate int }{
	{320 * 240, 200_000},
	{640 * 360, 500_000},
	{640 * 480, 700_000},
	{960 * 540, 1_000_000},
}

const maxBitrate = 1_500_000 // of 720p and more

// levels is how many layers of x's size are worth sending, of at most most. Chromium sends fewer layers of small pictures
// than it is given encodings, and drops the upper ones: three from 960x540 on, two from 640x360 on (for a screen 480x270),
// else one. So the lower encodings are made to hold all that there is, and the upper ones rest.
func (x shape) levels(most int) int {
	n, small := len(rids[x.stream]), size{640, 360}
	if x.stream == wire.Screen {
		small = size{480, 270}
	}
	switch {
	case x.size.w == 0 || x.size.h == 0:
		// Not known yet: as large as it may be.
	case !x.size.holds(small):
		n = 1
	case !x.size.holds(size{960, 540}):
		n = 2
	}
	return min(n, most)
}

// holds reports whether s is as large as o, upright or not.
func (s size) holds(o size) bool {
	return max(s.w, s.h) >= max(o.w, o.h) && min(s.w, s.h) >= min(o.w, o.h)
}

// encodings says how each of the sender's n encodings is to be sent with a codec.
func (x shape) encodings(n int, codec string) []encoding {
	most := n
	switch {
	case codec == "VP9" && x.stream == wire.Screen:
		most = 1 // Chromium 156 fails with a screen in several sizes, and falls back to VP8 for good
	case scalable(codec):
		most = len(rids[x.stream]) // all in one encoding
	}
	levels := x.levels(most)
	want, highest := x.want(levels)
	es := make([]encoding, n)
	for i := range es {
		es[i] = encoding{scale: 1, bitrate: maxBitrate, rate: x.rate(0), mode: temporal}
	}
	switch {
	case n == 0:
	case codec == "H264":
		es[0].active, es[0].mode = highest >= 0, simple
		es[0].bitrate, es[0].rate = x.bitrate(0, true), x.rate(0)
	case scalable(codec):
		// All spatial layers are in the first encoding. Those above the highest that is wanted are not made at all.
		down := 0
		if highest >= 0 {
			down = levels - 1 - highest
		}
		es[0] = encoding{highest >= 0, 1 << down, x.bitrate(down, true), x.rate(0), spatial[levels-1-down]}
	default:
		for i := range levels {
			down := levels - 1 - i
			es[i] = encoding{want[i], 1 << down, x.bitrate(down, false), x.rate(down), temporal}
		}
	}
	return es
}

// spatial are the modes of that many picture sizes, less one: each depends on the one below it in key frames only, so
// that the relay can send any alone.
var spatial = [...]string{temporal, "L2T3_KEY", "L3T3_KEY"}

// scalable reports whether a codec sends all picture sizes in one stream.
func scalable(codec string) bool { return codec == "VP9" || codec == "AV1" }

// want says which of so many layers are wanted, and the highest (-1: none). Wishes for layers that this size does not
// have are for the best that it has: the relay guesses sizes before it has seen pictures.
func (x shape) want(levels int) (want [wire.MaxRids]bool, highest int) {
	highest = -1
	take := func(i int) {
		if i = min(i, levels-1); i >= 0 {
			want[i] = true
			highest = max(highest, i)
		}
	}
	if !x.told {
		for i := range levels {
			take(i)
		}
	}
	for _, i := range x.wanted.Layers {
		take(i)
	}
	return want, highest
}

// bitrate is the most for pictures that are scaled down so many times by two. whole: the stream has no other encoding.
func (x shape) bitrate(down int, whole bool) int {
	if x.stream == wire.Screen {
		if down > 0 && !whole {
			return lowScreenBitrate
		}
		return screenBitrate
	}
	pixels := (x.size.w >> down) * (x.size.h >> down)
	if pixels == 0 {
		pixels = (1280 >> down) * (720 >> down)
	}
	for _, b := range bitrates {
		if pixels <= b.pixels {
			return b.bitrate
		}
	}
	return maxBitrate
}

// rate is the most frames a second of such pictures.
func (x shape) rate(down int) int {
	switch {
	case x.stream != wire.Screen:
		return 0
	case down > 0:
		return lowScreenRate
	}
	return screenRate
}

// profileUsed reports whether a codec's format parameters (a=fmtp) are of the profile that every browser with the codec
// can receive, so that a description has each codec once.
func profileUsed(name, fmtp string) bool {
	switch name {
	case "VP9":
		return fmtpValue(fmtp, "profile-id", "0") == "0" // RFC 9628, section 6.1
	case "AV1":
		return fmtpValue(fmtp, "profile", "0") == "0" // RTP payload format for AV1, section 7.2
	case "H264":
		// RFC 7742, section 6.2: Constrained Baseline, in packets of the network's size (RFC 6184, section 6.3).
		profile := fmtpValue(fmtp, "profile-level-id", "")
		return fmtpValue(fmtp, "packetization-mode", "0") == "1" && len(profile) == 6 && strings.EqualFold(profile[:4], "42e0")
	}
	return true
}

// fmtpValue is the value of a format parameter, def when it is not there.
func fmtpValue(fmtp, name, def string) string {
	for p := range strings.SplitSeq(fmtp, ";") {
		if k, v, _ := strings.Cut(strings.TrimSpace(p), "="); k == name {
			return v
		}
	}
	return def
}
