package media

import (
	"maps"
	"slices"
	"sync/atomic"
)

// Counter names something that is counted.
type Counter uint8

// What is counted. Those that begin with Drop are packets that went no further, by reason.
const (
	PacketsIn     Counter = iota // media packets that came and could be decrypted
	PacketsOut                   // media packets sent to slots, without retransmissions
	Recovered                    // packets that came only after they were asked for
	NacksSent                    // sequence numbers asked for
	Lost                         // packets given up
	NacksIn                      // sequence numbers that receivers asked for
	NacksMissed                  // of those, not in the ring any more
	RTXOut                       // retransmissions sent
	RTXTwice                     // of those, sent twice
	PLIIn                        // key frames that receivers asked for
	PLIOut                       // key-frame requests sent to sources
	KeyFrames                    // that came
	Negotiations                 // offers answered
	Switches                     // sources put into slots
	LayerSwitches                // layers that began in slots
	Pauses                       // sources in slots for which there was no bandwidth any more
	Encodes                      // times that senders were told what to send
	Pads                         // empty packets sent in the place of such as are not for the receiver
	Paced                        // packets that waited because the downlink is narrow
	ProbesOut                    // packets of padding that probe downlinks
	Redundant                    // audio packets sent with those before them
	Panics                       // sessions ended by a fault of the relay
	SendCalls                    // system calls that sent bursts of packets
	Segments                     // packets that left as segments of a larger message

	DropEarly      // before the keys were there
	DropAuth       // could not be decrypted, or came twice
	DropUnknown    // of no m-line
	DropPT         // not the payload type of its m-line
	DropMuted      // of a stream that the member does not send, by its own word
	DropMalformed  // not RTP or RTCP within
	DropDuplicate  // came before, or too late
	DropSSRCs      // of one SSRC too many
	DropSend       // the socket did not take it; PacketsOut counts it all the same
	DropSilent     // nothing was heard from the receiver for long
	DropRepeated   // asked for again too soon, or too much
	DropRTXPadding // probes without content
	DropBusy       // came on two ways at the same moment, while the client's address changed
	DropLayer      // of layers, or parts of layers, that the receiver does not get
	DropSilence    // of audio in which there is nothing to hear; by receiver
	DropPaced      // waited too long for bandwidth, or too many did
	DropStorm      // of RTCP, more than a client has to say: its packets, and the numbers that it asks for
	DropStrays     // neither media nor read in time: STUN, DTLS, or from nobody known

	counters
)

var counterNames = [counters]string{
	"packets_in", "packets_out", "recovered", "nacks_sent", "lost", "nacks_in", "nacks_missed", "rtx_out", "rtx_twice", "pli_in",
	"pli_out", "key_frames", "negotiations", "switches",
	"layer_switches", "pauses", "encodes", "pads", "paced", "probes_out", "redundant", "panics", "send_calls", "segments", "drop_early", "drop_auth", "drop_unknown", "drop_pt",
	"drop_muted", "drop_malformed", "drop_duplicate", "drop_ssrcs", "drop_send", "drop_silent", "drop_repeated",
	"drop_rtx_padding", "drop_busy", "drop_layer", "drop_silence", "drop_paced", "drop_storm", "drop_strays",
}

// String is the counter's name in metrics.
func (c Counter) String() string { return counterNames[c] }

// Counters are all counters.
func Counters() []Counter {
	all := make([]Counter, counters)
	for i := range all {
		all[i] = Counter(i)
	}
	return all
}

// Downs is what is known of the downlinks of all clients that report on them, in no order.
func (e *Engine) Downs() []Down {
	e.mu.Lock()
	all := slices.Collect(maps.Keys(e.sessions))
	e.mu.Unlock()
	list := make([]Down, 0, len(all))
	for _, s := range all {
		if d := s.Down(); d.Reports > 0 {
			list = append(list, d)
		}
	}
	return list
}

// Stats are the counters' values, by [Counter].
type Stats [counters]uint64

func (s *Stats) add(o Stats) {
	for i, n := range o {
		s[i] += n
	}
}

// tally is a Stats that is being counted. Atomic.
type tally [counters]atomic.Uint64

func (t *tally) inc(c Counter)            { t[c].Add(1) }
func (t *tally) addN(c Counter, n uint64) { t[c].Add(n) }

func (t *tally) stats() (s Stats) {
	for i := range t {
		s[i] = t[i].Load()
	}
	return s
}
