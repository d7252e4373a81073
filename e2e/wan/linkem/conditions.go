package linkem

import "time"

// Bitrate is in bits per second, of whole IP packets.
type Bitrate int64

// Kbit is a thousand bits per second.
const Kbit Bitrate = 1000

// Conditions are those of one direction. The zero value is a perfect wire.
type Conditions struct {
	Delay  time.Duration // of every packet, after the bottleneck
	Jitter time.Duration // up to this much more, evenly spread; packets keep their order
	Rate   Bitrate       // of the bottleneck; 0: as fast as can be
	Queue  time.Duration // what may wait at the bottleneck, in its own time; 0: defaultQueue
	Loss   float64       // share of packets that vanish, 0 to 1
	Burst  Burst         // further losses, which come together
	Cut    bool          // nothing enters any more; what is on the wire arrives
}

// defaultQueue is that of an ordinary access line. Less makes losses of any
// burst, more makes calls late before anything is lost.
const defaultQueue = 300 * time.Millisecond

// Burst is the loss model of Gilbert and Elliott: a good state that loses
// nothing and a bad one that loses everything, entered and left at random with
// each packet. The zero value stays in the good one. Of all packets a share of
// Begin/(Begin+End) is lost, 1/End in a row on average.
type Burst struct {
	Begin float64 // chance that a packet is the first of a bad time, 0 to 1
	End   float64 // chance that a packet is the first of a good time again
}

// Duplex is the conditions of both directions.
type Duplex struct {
	Up   Conditions // from the far device to the near one
	Down Conditions // from the near device to the far one
}

// Both is a link that is alike in both directions.
func Both(c Conditions) Duplex { return Duplex{Up: c, Down: c} }

func (c *Conditions) queue() time.Duration {
	if c.Queue > 0 {
		return c.Queue
	}
	return defaultQueue
}

// sending is how long the bottleneck is busy with n bytes.
func (c *Conditions) sending(n int) time.Duration {
	if c.Rate <= 0 {
		return 0
	}
	return time.Duration(n) * 8 * time.Second / time.Duration(c.Rate)
}

// Counts are what a lane did since its beginning.
type Counts struct {
	Packets, Bytes int64 // that were delivered
	Lost           int64 // packets that fell to Loss, Burst or Cut
	Overflowed     int64 // packets that found the queue full
}
