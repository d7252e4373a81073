// Package sdp stands between a peer connection's SDP (RFC 8866, RFC 8829) and the descriptions that client and relay
// exchange: [Describe] reduces an offer to a [wire.Offer], [Build] makes the answer that the same peer connection is
// given from a [wire.Answer]. No SDP leaves the client. [NackSound] adds to an offer what browsers leave out.
// [DescribeSealed] and [BuildSealed] do the same for media that is encrypted end to end: fewer codecs, and sound that
// tells nothing by its size.
//
// All are pure. They were tried on the offers of Chromium 156, Firefox ESR 153 and pion/webrtc 4.2 (testdata), and the
// answers in the two browsers.
//
// # What is made of an offer
//
// Every m-line of the offer is one of
//
//	send    sendonly, carries one [wire.Stream] of the client for life, also while there is no track
//	slot    recvonly, is filled by the relay
//	idle    inactive, rejected (port 0 without bundle-only), or neither audio nor video: not described
//
// Payload types, header extension ids, ICE credentials and the certificate's fingerprint are the same on all m-lines of
// one bundle (RFC 9143), so a description has each once. Codecs other than opus, red (RFC 2198), VP8, VP9, AV1 and H264
// (with their retransmissions, RFC 4588) are left out, and so are header extensions that package wire does not name.
//
// # What the answer is made of
//
// What the offer already says (names, clock rates, payload types, ids) is taken from the offer; of the relay's answer
// come its ICE credentials, addresses and fingerprint, which codecs and extensions are used, and the SSRCs of the
// slots. So an answer cannot put anything into the SDP that the browser did not offer. Every m-line has:
//
//	m=KIND 9 UDP/TLS/RTP/SAVPF PT [RTX] …
//	c=IN IP4 0.0.0.0                     Firefox wants it per m-line
//	a=mid:MID
//	a=sendonly | recvonly | inactive     slot | send | slot that the relay gave nothing
//	a=rtcp-mux
//	a=rtcp-rsize
//	a=setup:passive
//	a=ice-ufrag, a=ice-pwd
//	a=fingerprint                        on every m-line: Firefox's content process dies without
//	a=candidate …, a=end-of-candidates   first m-line
//	a=rtpmap, a=fmtp, a=rtcp-fb          per codec
//	a=extmap                             those that this m-line offered
//	a=msid, a=ssrc-group:FID, a=ssrc     slot: Firefox decodes nothing without its ssrc lines
//	a=rid, a=simulcast                   send with layers, when the relay uses the rid extension
//
// Each slot has a stream of its own in a=msid, which keeps the browser from synchronising slots with one another: what
// is in them changes, and there are no sender reports that it could do it by.
package sdp
