package load

import (
	"fmt"
	"net/netip"
	"time"
)

// Pattern says who sends to whom.
type Pattern struct {
	Publishers int
	Receivers  int  // who only receive
	Mesh       bool // publishers receive one another too
}

// String is "1→50" or "10×10".
func (p Pattern) String() string {
	if p.Mesh {
		return fmt.Sprintf("%d×%d", p.Publishers, p.Publishers)
	}
	return fmt.Sprintf("%d→%d", p.Publishers, p.Receivers)
}

// Fan is how many copies of one publisher's packet are due.
func (p Pattern) Fan() int {
	if p.Mesh {
		return p.Receivers + p.Publishers - 1
	}
	return p.Receivers
}

// Clients is how many participants the room has.
func (p Pattern) Clients() int { return p.Publishers + p.Receivers }

// SRTP profiles that the clients offer.
const (
	GCM = "GCM" // AEAD_AES_128_GCM (RFC 7714), what browsers negotiate with a relay that is the DTLS server
	CM  = "CM"  // AES_CM_128_HMAC_SHA1_80 (RFC 5764)
)

// Spec says what is played against one server that is already running.
type Spec struct {
	Server  string // the name of its signalling
	URL     string
	PID     int        // of the server, for its CPU time and memory
	Core    int        // that the server is alone on
	Address netip.Addr // of the clients' sockets, IPv4 and this machine's own
	Pattern Pattern
	Profile string  // GCM or CM
	Rate    float64 // video packets per second of each publisher
	Size    int     // bytes of RTP payload
	Frame   int     // packets of one frame
	Burst   bool    // a frame's packets leave back to back; else all packets are evenly spaced
	Audio   bool    // publishers have a microphone too: 50 packets per second of 80 bytes
	Sample  int     // one packet in so many is decrypted for its delay
	Warm    time.Duration
	Measure time.Duration
	// Ramp raises Rate step by step until the server breaks, and reports each step; see [Ramp].
	Ramp *Ramp
}

// Ramp says how far to go.
type Ramp struct {
	Factor  float64 // from one step to the next
	MaxLoss float64 // the share of packets that may be lost
	MaxP99  time.Duration
	Most    float64 // forwarded packets per second that are enough
}

// Result is what one measurement saw. Rates are per second.
type Result struct {
	Rate      float64 // video packets of each publisher, as asked for
	Sent      float64 // packets that publishers sent
	Forwarded float64 // packets that reached receivers
	Micros    float64 // server CPU µs per forwarded packet: the process's time
	CoreUS    float64 // the same of everything that ran on the server's core
	Busy      float64 // share of the core that the server used
	Loss      float64 // share of the packets due that did not arrive
	P50, P99  time.Duration
	RSS       float64 // MB of the server, at the end
	Samples   int     // delays behind P50 and P99
	Other     float64 // packets that were no media: retransmissions, padding
	OwnBusy   float64 // share of its core that the generator used
	Late      time.Duration
	Overflow  uint64 // packets that came, but the generator was too slow for
	Tainted   string // why the generator may be what was measured; "": it is not
}

// Bounds of an honest run. Later than lateMost, publishers no longer send as they should; busier than busyMost, the
// generator has no room for peaks.
const (
	lateMost = 20 * time.Millisecond
	busyMost = 0.93
)

func (r *Result) judge() {
	switch {
	case r.Overflow > 0:
		r.Tainted = fmt.Sprintf("%d packets overflowed the generator's sockets", r.Overflow)
	case r.Late > lateMost:
		r.Tainted = fmt.Sprintf("the generator was late by %v", r.Late.Round(time.Millisecond))
	case r.OwnBusy > busyMost:
		r.Tainted = fmt.Sprintf("the generator used %.0f %% of its core", 100*r.OwnBusy)
	}
}
