package media

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/shared/wire"
)

var rids = []string{"q", "h", "f"}

// inLayers is an offer whose camera has three layers.
func inLayers(audio, video int) *wire.Offer {
	o := describe(audio, video)
	o.Send[wire.Cam].Rids = rids
	return o
}

// studio is a camera with three simulcast layers, as a browser sends it: it makes key frames when asked to, sends what the
// relay told it to, and answers NACKs.
type studio struct {
	x      *client
	stop   func()
	only   atomic.Pointer[[]int] // the layers that it can send; nil: all
	lose   func(layer int) bool  // whether a packet gets lost
	tracks [3]*track

	mu   sync.Mutex
	keys [3]bool // asked for
	sent [3]map[uint16]*rtp.Packet
}

const framesEach = 4 * time.Millisecond // between two frames of a studio

func (x *client) opensStudio(lose func(layer int) bool) *studio {
	st := &studio{x: x, lose: lose}
	for i := range st.tracks {
		st.tracks[i] = x.camera(uint32(1000 * (i + 1)))
		st.keys[i], st.sent[i] = true, map[uint16]*rtp.Packet{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { st.obey(ctx) })
	done.Go(func() { st.film(ctx) })
	st.stop = func() { cancel(); done.Wait() }
	x.t.Cleanup(st.stop)
	return st
}

// obey does what comes by RTCP.
func (st *studio) obey(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-st.x.ctrl:
			st.mu.Lock()
			for i, k := range st.tracks {
				switch p := p.(type) {
				case *rtcp.PictureLossIndication:
					st.keys[i] = st.keys[i] || p.MediaSSRC == k.ssrc
				case *rtcp.TransportLayerNack:
					if p.MediaSSRC == k.ssrc {
						st.repairLocked(i, p)
					}
				}
			}
			st.mu.Unlock()
		}
	}
}

func (st *studio) repairLocked(i int, p *rtcp.TransportLayerNack) {
	for _, pair := range p.Nacks {
		for _, seq := range pair.PacketList() {
			if lost := st.sent[i][seq]; lost != nil && !st.lose(i) {
				rtx := *lost
				rtx.PayloadType, rtx.SSRC = rtxPT, lost.SSRC+1
				rtx.Header.Extensions = nil
				_ = rtx.SetExtension(midExt, []byte("1"))
				_ = rtx.SetExtension(repairExt, []byte(rids[i]))
				rtx.Payload = append(binary.BigEndian.AppendUint16(nil, seq), lost.Payload...)
				rtx.SequenceNumber = seq // of its own SSRC, where each comes once more at most
				st.x.send(&rtx)
			}
		}
	}
}

// film sends frames of the temporal pattern 0 2 1 2, two packets each.
func (st *studio) film(ctx context.Context) {
	t := time.NewTicker(framesEach)
	defer t.Stop()
	for n := 0; ctx.Err() == nil; n++ {
		on := st.on()
		for i, k := range st.tracks {
			k.ts += 360
			if !slices.Contains(on, i) {
				continue
			}
			st.mu.Lock()
			key := st.keys[i]
			st.keys[i] = false
			st.mu.Unlock()
			st.frame(i, n, key)
		}
		select {
		case <-ctx.Done():
		case <-t.C:
		}
	}
}

func (st *studio) on() []int {
	st.x.call.mu.Lock()
	e, told := st.x.call.encoded[st.x.member][wire.Cam]
	st.x.call.mu.Unlock()
	list := []int{0, 1, 2}
	if told {
		list = e.Layers
	}
	if can := st.only.Load(); can != nil {
		list = slices.DeleteFunc(slices.Clone(list), func(i int) bool { return !slices.Contains(*can, i) })
	}
	return list
}

func (st *studio) frame(i, n int, key bool) {
	k := st.tracks[i]
	k.pic++
	tid := [4]byte{0, 2, 1, 2}[n%4]
	if key {
		tid = 0
	}
	for part := range 2 {
		k.seq++
		p := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: part == 1, PayloadType: vp8PT, SequenceNumber: k.seq, Timestamp: k.ts, SSRC: k.ssrc}}
		_ = p.SetExtension(midExt, []byte(k.mid))
		_ = p.SetExtension(ridExt, []byte(rids[i]))
		first := byte(0x80)
		if part == 0 {
			first |= 0x10
		}
		// I, L and T; picture id; TL0PICIDX; tid and Y.
		p.Payload = []byte{first, 0xe0, 0x80 | byte(k.pic>>8&0x7f), byte(k.pic), byte(n / 4), tid<<6 | 1<<5}
		if part == 0 {
			tag := byte(1)
			if key {
				tag = 0
			}
			h := 180 << i
			p.Payload = append(p.Payload, tag, 0, 0, 0x9d, 0x01, 0x2a, byte(16*h/9), byte(16*h/9>>8), byte(h), byte(h>>8))
		}
		p.Payload = append(p.Payload, make([]byte, 40<<(2*i))...)
		p.Payload = binary.BigEndian.AppendUint16(append(p.Payload, byte(i)), k.seq)
		st.mu.Lock()
		st.sent[i][k.seq] = p
		lost := st.lose(i)
		st.mu.Unlock()
		if !lost {
			st.x.send(p)
		}
	}
}

func never(int) bool { return false }

// view is what a receiver makes of the packets of a slot: it knows which layer it sees, and finds what is wrong.
type view struct {
	x       *client
	slot    wire.Slot
	first   bool
	high    uint64          // extended sequence number
	numbers map[uint64]bool // that came
	ts      uint32
	layer   int
	pic     uint16
	jump    uint16 // the largest step of the picture id
}

func (x *client) watches(slot wire.Slot) *view {
	return &view{x: x, slot: slot, first: true, numbers: map[uint64]bool{}, layer: -1}
}

// sees waits until a frame of the layer is there, and checks all packets on the way.
func (v *view) sees(layer int) {
	v.x.t.Helper()
	v.x.gets("a frame", v.slot.SSRC, func(p *rtp.Packet) bool { v.take(p); return v.layer == layer })
}

// take looks at a packet that came in order.
func (v *view) take(p *rtp.Packet) {
	t := v.x.t
	if len(p.Payload) == 0 { // in the place of a packet that was not for this receiver
		v.numbers[v.extend(p)] = true
		return
	}
	var info codec.Info
	require.True(t, info.Parse(codec.VP8, p.Payload))
	layer := int(p.Payload[len(p.Payload)-3])
	if v.first {
		v.high, v.ts, v.pic, v.layer = 1<<16+uint64(p.SequenceNumber), p.Timestamp, info.Picture, layer
		v.first = false
		require.True(t, info.Opens(), "it begins with a key frame")
	}
	ext := v.extend(p)
	require.False(t, v.numbers[ext], "a number was given out twice")
	v.numbers[ext] = true
	if ext < v.high {
		return // a repair
	}
	require.GreaterOrEqual(t, int32(p.Timestamp-v.ts), int32(0), "time goes on")
	if layer != v.layer {
		require.True(t, info.Opens(), "another layer begins with a key frame")
	}
	// A few frames are left out on purpose. Where packets are missing, as a relay that was not scheduled loses them before
	// it reads them, so are the ids of their frames, of two packets each.
	step := (info.Picture - v.pic) & 0x7fff
	v.jump = max(v.jump, step)
	require.LessOrEqual(t, uint64(step), 16+(ext-v.high)/2, "picture ids go on")
	v.high, v.ts, v.pic, v.layer = ext, p.Timestamp, info.Picture, layer
}

func (v *view) extend(p *rtp.Packet) uint64 {
	return v.high + uint64(int64(int16(p.SequenceNumber-uint16(v.high))))
}

// holes are the numbers that never came.
func (v *view) holes() (list []uint64) {
	first := v.high
	for ext := range v.numbers {
		first = min(first, ext)
	}
	for ext := first; ext < v.high; ext++ {
		if !v.numbers[ext] {
			list = append(list, ext)
		}
	}
	return list
}

// drain takes what has come.
func (v *view) drain(d time.Duration) {
	end := time.After(d)
	for {
		select {
		case p := <-v.x.media:
			if p.SSRC == v.slot.SSRC {
				v.take(&p)
			}
		case <-end:
			return
		}
	}
}

func (x *client) wants(m wire.MemberIndex, height int) {
	x.s.Want([]wire.Want{{Source: cam(m), Height: height}})
}

func TestTheLayerFollowsTheTile(t *testing.T) {
	c := newCall(t)
	ann, bob := c.join(1, inLayers(0, 0), both), c.join(2, describe(0, 1), nothing)
	ann.opensStudio(never)
	v := bob.watches(bob.slot("v0"))
	for _, x := range []struct{ height, layer int }{{180, 0}, {720, 2}, {360, 1}, {190, 0}, {1080, 2}, {90, 0}} {
		bob.wants(1, x.height)
		v.sees(x.layer)
	}
	assert.Empty(t, v.holes())
	c.until("the source kept its slot", func() bool { return c.told[2] == 1 })
	assert.GreaterOrEqual(t, bob.s.Stats()[LayerSwitches], uint64(6))
}

func TestLayersThatNobodyReceivesAreSwitchedOff(t *testing.T) {
	c := newCall(t)
	ann, bob := c.join(1, inLayers(0, 0), both), c.join(2, describe(0, 1), nothing)
	ann.opensStudio(never)
	told := func(layers ...int) func() bool {
		return func() bool {
			e := c.encoded[1][wire.Cam]
			return e.Codec == "VP8" && slices.Equal(e.Layers, layers)
		}
	}
	c.until("at first all are on", told(0, 1, 2))
	c.until("nobody receives any", told())

	v := bob.watches(bob.slot("v0"))
	bob.wants(1, 180)
	v.sees(0)
	c.until("the lowest is on alone", told(0))
	bob.wants(1, 720)
	v.sees(2)
	c.until("the highest is on alone", told(2))
	bob.s.Want(nil)
	c.until("none is on again", told())
	assert.Equal(t, []wire.Encoding{{Stream: wire.Cam, Codec: "VP8", Layers: []int{}}}, ann.s.Encodings()[:1])
	assert.Empty(t, v.holes())
}

func TestALayerThatDoesNotComeIsReplaced(t *testing.T) {
	c := newCall(t)
	ann, bob := c.join(1, inLayers(0, 0), both), c.join(2, describe(0, 1), nothing)
	st := ann.opensStudio(never)
	v := bob.watches(bob.slot("v0"))
	bob.wants(1, 720)
	v.sees(2)
	st.only.Store(&[]int{0, 1}) // the uplink has no room for it any more
	v.sees(1)
	v.drain(offAfter + 5*beatEvery) // it stays switched on, for the day when it has
	st.only.Store(&[]int{0, 1, 2})
	v.sees(2)
	assert.Empty(t, v.holes())
}

// Packets get lost on their way to the relay, and are repaired, while layers change: nothing is out of order, and when
// one layer stays, all of it comes at last.
func TestLayersChangeUnderLoss(t *testing.T) {
	c := newCall(t)
	ann, bob := c.join(1, inLayers(0, 0), both), c.join(2, describe(0, 1), nothing)
	r := rand.New(rand.NewPCG(1, 2))
	ann.opensStudio(func(int) bool { return r.IntN(20) == 0 })
	v := bob.watches(bob.slot("v0"))
	for i := range 12 {
		layer := []int{2, 0, 1}[i%3]
		bob.wants(1, 180<<layer)
		v.sees(layer)
		v.drain(50 * time.Millisecond)
	}
	from := v.high
	bob.gets("all that was lost", v.slot.SSRC, func(p *rtp.Packet) bool {
		v.take(p)
		return v.high > from+300 && !slices.ContainsFunc(v.holes(), func(n uint64) bool { return n > from && n <= from+300 })
	})
	assert.Positive(t, ann.s.Stats()[Recovered])
}
