package sdp

import "strings"

// NackSound adds to an offer that lost packets of opus are asked for again (RFC 4585, section 4.2). Chromium can do that
// and does not offer it; to browsers that cannot it makes no difference. It returns what is no offer unchanged.
func NackSound(offer string) string {
	var b strings.Builder
	for text := range strings.SplitAfterSeq(offer, "\n") {
		b.WriteString(text)
		rest, ok := strings.CutPrefix(text, "a=rtpmap:")
		pt, name, _ := strings.Cut(rest, " ")
		if !ok || len(name) < 5 || !strings.EqualFold(name[:5], "opus/") {
			continue
		}
		if add := "a=rtcp-fb:" + pt + " nack\r\n"; !strings.Contains(offer, add) {
			b.WriteString(add)
		}
	}
	return b.String()
}
