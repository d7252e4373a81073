package wan_test

import (
	_ "embed" // the script
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
)

//go:embed watch.js
var watchScript string

// reading is what somebody's picture and sound have come to, as getStats says
// it (webrtc-stats, RTCInboundRtpStreamStats).
type reading struct {
	Name string
	At   float64 // of the page's clock, in ms

	Height                    int
	Decoded, Dropped, Keys    int
	Freezes                   int
	Frozen                    float64 // seconds
	Plis, Nacks               int
	Packets, Bytes            int64
	Lost, Repaired            int64
	Sounds                    int64   // packets of audio
	SoundBytes                int64   // of RTP, without the tag
	Energy                    float64 // of audio that was played
	Samples, Concealed, Quiet float64 // of sound; Quiet: concealed by silence
}

// reads returns a reading for each name.
func (p *person) reads(names ...string) []reading {
	p.t.Helper()
	list, err := json.Marshal(names)
	require.NoError(p.t, err)
	var got []reading
	p.eval(fmt.Sprintf(`watch.read(%s)`, list), &got)
	return got
}

// since is what came between two readings. Height is the later one's.
func (r reading) since(before reading) reading {
	r.At -= before.At
	r.Decoded -= before.Decoded
	r.Dropped -= before.Dropped
	r.Keys -= before.Keys
	r.Freezes -= before.Freezes
	r.Frozen -= before.Frozen
	r.Plis -= before.Plis
	r.Nacks -= before.Nacks
	r.Packets -= before.Packets
	r.Bytes -= before.Bytes
	r.Lost -= before.Lost
	r.Repaired -= before.Repaired
	r.Sounds -= before.Sounds
	r.SoundBytes -= before.SoundBytes
	r.Energy -= before.Energy
	r.Samples -= before.Samples
	r.Concealed -= before.Concealed
	r.Quiet -= before.Quiet
	return r
}

// kbps is the mean rate of the picture, payload only.
func (r reading) kbps() float64 { return float64(r.Bytes) * 8 / r.At }

// soundKbps is the mean rate of the sound, with all that goes over IP.
func (r reading) soundKbps() float64 {
	const tag, udp, ip = 16, 8, 20
	return float64(r.SoundBytes+r.Sounds*(tag+udp+ip)) * 8 / r.At
}

// concealment is the share of the sound that was made up, 0 to 1, but for
// silence: while somebody says nothing, nothing is sent.
func (r reading) concealment() float64 {
	if r.Samples == 0 {
		return 1
	}
	return (r.Concealed - r.Quiet) / r.Samples
}

func (r reading) String() string {
	return fmt.Sprintf("%s: %d lines, %.1f fps, %.0f kbit/s, frozen %.2f s in %d, %d key frames, %d PLI, %d NACK, %d lost, %d by RTX; sound %.1f/s, %.0f kbit/s over IP, concealed %.1f %%",
		r.Name, r.Height, float64(r.Decoded)*1000/r.At, r.kbps(), r.Frozen, r.Freezes, r.Keys, r.Plis, r.Nacks, r.Lost, r.Repaired,
		float64(r.Sounds)*1000/r.At, r.soundKbps(), 100*r.concealment())
}

// frame is one that was shown.
type frame struct {
	At     float64 // of the page's clock, in ms
	Height int
}

// frames returns what follow has noted of somebody since a moment of the
// page's clock.
func (p *person) frames(of *person, since float64) []frame {
	p.t.Helper()
	var list []frame
	p.eval(fmt.Sprintf(`watch.frames(%q, %f)`, of.name, since), &list)
	return list
}

// standstill is the time, within the frames from begin to end (ms of the
// page's clock), that a frame stood longer than half a second: all that
// people take for a picture that hangs.
func standstill(list []frame, begin, end float64) time.Duration {
	const patient = 500.0 // ms
	var still, last = 0.0, begin
	for _, f := range append(list, frame{At: end}) {
		if gap := f.At - last; gap > patient {
			still += gap
		}
		last = f.At
	}
	return time.Duration(still * float64(time.Millisecond))
}

// shown is how many frames of all the others' pictures were shown between two
// moments of the page's clock, and the longest time without one.
func (p *person) shown(others []*person, begin, end float64) (frames int, longest time.Duration) {
	p.t.Helper()
	at := []float64{begin, end}
	for _, o := range others {
		for _, f := range p.frames(o, begin) {
			if f.At < end {
				at = append(at, f.At)
			}
		}
	}
	slices.Sort(at)
	most := 0.0
	for i := range at[1:] {
		most = max(most, at[i+1]-at[i])
	}
	return len(at) - 2, time.Duration(most * float64(time.Millisecond))
}

// rests lets a call go on for a while, which is what is measured.
func (p *person) rests(d time.Duration) {
	select {
	case <-time.After(d):
	case <-p.t.Context().Done():
	}
}
