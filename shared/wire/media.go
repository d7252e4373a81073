package wire

// Offer is what the relay needs to know of a client's SDP offer (RFC 8866), and no more. The client makes it from its
// own offer and builds its remote description from the [Answer]; how is described in package wasm/sdp.
//
// Within one peer connection an m-line keeps its mid and its purpose for life; a later offer repeats all m-lines and
// may add slots at the end. It must name the codecs and extensions that the first answer took, with the same numbers; it
// may leave out others, as browsers do, and list them in another order.
type Offer struct {
	// Fresh says that this is a new peer connection: the relay ends the one before it. The offer in hello is always fresh.
	Fresh bool `json:"fresh,omitempty"`
	ICE   ICE  `json:"ice"`
	// Fingerprint is the SHA-256 of the client's DTLS certificate as in RFC 8122, section 5, without the hash's name:
	// 32 upper-case hex pairs joined by colons. The relay refuses a DTLS handshake with any other certificate.
	Fingerprint string  `json:"fingerprint"`
	Codecs      []Codec `json:"codecs"` // what the client can send and receive, best first; payload types are the client's
	Exts        []Ext   `json:"exts"`   // RTP header extensions (RFC 8285) with the client's ids, 1 … 14
	Send        []Send  `json:"send"`   // m-lines the client sends on, at most one per Stream
	Slots       []Slot  `json:"slots"`  // m-lines the client receives on; SSRC and RTX are left out
}

// Answer is the relay's side of an [Offer].
type Answer struct {
	ICE ICE `json:"ice"`
	// Candidates are the relay's addresses, each a candidate-attribute value as in RFC 8839, section 5.1, without
	// "a=candidate:". The relay is ICE lite (RFC 8445, section 2.4): the client sends no candidates, and checks.
	Candidates  []string `json:"candidates"`
	Fingerprint string   `json:"fingerprint"` // of the relay's certificate, as in Offer; the relay is always the DTLS server (setup:passive)
	Codecs      []Codec  `json:"codecs"`      // those of the offer that will be used, with the offer's payload types
	Exts        []Ext    `json:"exts"`        // those of the offer that will be used, with the offer's ids
	Slots       []Slot   `json:"slots"`       // the offer's slots in the same order, with SSRCs. A slot may be missing at the end: it is not used
}

// ICE are the credentials of one side (RFC 8839, section 5.4).
type ICE struct {
	Ufrag string `json:"ufrag"` // 4 … 256 ice-chars
	Pwd   string `json:"pwd"`   // 22 … 256 ice-chars; changed credentials in a later offer restart ICE
}

// Codec is one codec with the offer's payload types.
type Codec struct {
	Kind  Kind   `json:"kind"`
	Name  string `json:"name"`           // as in SDP's rtpmap: "opus", "red", "VP8", "VP9", "AV1", "H264"
	PT    uint8  `json:"pt"`             // payload type, 96 … 127 or 35 … 63 (RFC 8829, section 5.2.1)
	RTX   uint8  `json:"rtx,omitempty"`  // payload type of its retransmissions (RFC 4588); 0: none
	Clock uint32 `json:"clock"`          // Hz: 48000 for opus, 90000 for video
	Fmtp  string `json:"fmtp,omitempty"` // format parameters as in SDP, for telling profiles apart; at most 256 bytes
}

// Ext is one RTP header extension.
type Ext struct {
	URI string `json:"uri"` // one of the Ext… constants; others are left out of the answer
	ID  uint8  `json:"id"`  // 1 … 14
}

// Header extensions that the relay knows.
const (
	ExtMid        = "urn:ietf:params:rtp-hdrext:sdes:mid"                                                     // RFC 9143
	ExtRid        = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"                                           // RFC 8852
	ExtRepairRid  = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"                                  // RFC 8852
	ExtTransport  = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"               // transport-wide sequence numbers
	ExtLevel      = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"                                             // RFC 6464
	ExtDependency = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension" // AV1 RTP, appendix A
)

// Send is one m-line that the client sends on. The relay learns SSRCs from the mid extension (and rid extensions) of
// the packets themselves; SSRC and RTX are given where the offer had them.
type Send struct {
	Mid    string   `json:"mid"`
	Stream Stream   `json:"stream"`
	Rids   []string `json:"rids,omitempty"` // simulcast layers (RFC 8853), lowest first; empty: one layer
	SSRC   uint32   `json:"ssrc,omitempty"`
	RTX    uint32   `json:"rtx,omitempty"`
}

// Slot is one m-line that the client receives on.
type Slot struct {
	Mid  string `json:"mid"`
	Kind Kind   `json:"kind"`
	SSRC uint32 `json:"ssrc,omitempty"` // of the stream in the slot, for the life of the connection
	RTX  uint32 `json:"rtx,omitempty"`  // of its retransmissions (RFC 4588); 0: none
}

// Want asks for one source of video.
type Want struct {
	Source
	Height int `json:"height"`         // lines that can be shown, 1 … 4320: the relay sends the smallest layer that fills them
	Prio   int `json:"prio,omitempty"` // 0 … 9: who keeps a picture when the bandwidth is short; 9 is first
}

// Why says why nothing comes in a slot.
type Why string

// Reasons for a slot in which nothing comes.
const (
	WhyNone      Why = ""          // its source is being sent
	WhyNotWanted Why = "notWanted" // nothing to put there
	WhyBandwidth Why = "bandwidth" // paused to save bandwidth
	WhyMuted     Why = "muted"     // the source was switched off
)

// SlotState says which source is in a slot from now on.
type SlotState struct {
	Mid string `json:"mid"`
	// Source is what is in the slot; its Member is 0 when the slot is empty. With [WhyBandwidth] the source has the slot,
	// but nothing of it is sent for the time being.
	Source
	Why Why `json:"why,omitempty"`
}

// Encoding says how one video stream is to be sent.
type Encoding struct {
	Stream Stream `json:"stream"`
	// Codec is the name of a codec of the answer: what everybody in the room can receive. A client that cannot switch
	// within a peer connection keeps the one it has.
	Codec string `json:"codec"`
	// Layers are the spatial layers that somebody receives, rising, 0 the lowest: indices of the stream's rids
	// (simulcast), or spatial ids (SVC), of which those below the highest are sent too. The client sends no others:
	// none when the list is empty. A layer that is named again begins with a key frame.
	Layers []int `json:"layers"`
}

// Sending says which streams a member sends at the moment. A muted microphone, a camera that is off and a screen that
// is not shared are false.
type Sending struct {
	Mic         bool `json:"mic"`
	Cam         bool `json:"cam"`
	Screen      bool `json:"screen"`
	ScreenAudio bool `json:"screenAudio"`
}

// Has reports whether s is being sent.
func (x Sending) Has(s Stream) bool {
	switch s {
	case Mic:
		return x.Mic
	case Cam:
		return x.Cam
	case Screen:
		return x.Screen
	case ScreenAudio:
		return x.ScreenAudio
	}
	return false
}
