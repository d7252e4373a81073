package bot

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/bot/flat"
	"github.com/conclave-meet/conclave/shared/wire"
)

// stage is a slot, and a relay that fills it well unless a test changes something.
type stage struct {
	r       *recorder
	slot    *slot
	now     time.Time
	seq     uint16
	ts      uint32
	picture uint16
	tl0     uint8
}

func newStage() *stage {
	return &stage{r: newRecorder(&Config{}), slot: &slot{mid: "9", kind: wire.Video, ssrc: 5}, now: time.Unix(1, 0), seq: 0xfff0, picture: 0x7ff0}
}

// camera is one layer of a member's camera.
type camera struct {
	line
	member wire.MemberIndex
}

func newCamera(member wire.MemberIndex, index int) *camera {
	return &camera{line: line{stream: wire.Cam, index: index, layer: layers(wire.Cam)[index]}, member: member}
}

func (c *camera) source() wire.Source { return wire.Source{Member: c.member, Stream: wire.Cam} }

// frame makes the packets of the next frame, a twentieth of a second later.
func (s *stage) frame(c *camera, key bool) (list []*rtp.Packet) {
	s.now = s.now.Add(50 * time.Millisecond)
	kind, step := c.next(key)
	m := mark{who: uint32(c.member), stream: wire.Cam, layer: uint8(c.index), frame: c.frame, ref: c.keep(kind)}
	s.ts += 4500
	s.picture = (s.picture + 1) & 0x7fff
	if step.tid == 0 {
		s.tl0++
	}
	data := image(c.layer, kind)
	parts := [][]byte{data}
	if kind == flat.Key {
		parts = append(parts, []byte{0})
	}
	for i, part := range parts {
		d := descriptor{start: i == 0, picture: s.picture, tl0: s.tl0, tid: step.tid, sync: step.sync}
		s.seq++
		list = append(list, &rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: s.seq, Timestamp: s.ts, Marker: i == len(parts)-1, SSRC: 5, CSRC: []uint32{c.source().CSRC()}},
			Payload: m.append(append(d.append(nil), part...)),
		})
	}
	return list
}

func (s *stage) gets(list ...*rtp.Packet) {
	for _, p := range list {
		s.r.packet(s.slot, p, s.now, s.now)
	}
}

func (s *stage) record(c *camera) Record { return s.r.sources(s.now)[c.source()] }

func TestAGoodSlotHasNoFaultAndShowsEveryFrame(t *testing.T) {
	s, ann, bob, low := newStage(), newCamera(1, 2), newCamera(2, 0), newCamera(1, 0)
	s.r.bind(wire.SlotState{Mid: "9", Source: ann.source()})
	s.gets(s.frame(ann, true)...)
	for range 40 {
		s.gets(s.frame(ann, false)...)
	}
	s.gets(s.frame(low, true)...) // another layer
	s.gets(s.frame(low, false)...)
	s.gets(s.frame(bob, true)...) // another source
	s.gets(s.frame(bob, false)...)
	assert.Empty(t, s.r.faulty())
	got := s.record(ann)
	assert.Equal(t, 43, got.Decoded)
	assert.Equal(t, Picture{Frames: 43, KeyFrames: 2, Decoded: 43, Layer: 0, Height: 180}, got.Picture)
	assert.Equal(t, 41, got.Layers[2].Frames)
	assert.Equal(t, 2, s.record(bob).Decoded)
	assert.Zero(t, got.Lost)
}

func TestFaultsOfTheRelayAreSeen(t *testing.T) {
	for name, x := range map[string]struct {
		fault string
		do    func(s *stage, ann, bob *camera)
	}{
		"another source without a key frame": {"does not begin with a key frame", func(s *stage, ann, bob *camera) {
			s.frame(bob, true)
			s.seq -= 2
			s.gets(s.frame(bob, false)...)
		}},
		"another layer without a key frame": {"layer 1 of", func(s *stage, ann, bob *camera) {
			mid := newCamera(1, 1)
			s.frame(mid, true)
			s.seq -= 2
			s.gets(s.frame(mid, false)...)
		}},
		"a frame left out without a trace in the numbers": {"a garbled picture", func(s *stage, ann, bob *camera) {
			for range 3 {
				s.gets(s.frame(ann, false)...)
			}
			s.frame(ann, false) // of the lowest temporal layer
			s.seq, s.picture, s.tl0 = s.seq-1, s.picture-1, s.tl0-1
			s.gets(s.frame(ann, false)...)
		}},
		"a picture id left out": {"picture ", func(s *stage, ann, bob *camera) {
			s.picture++
			s.gets(s.frame(ann, false)...)
		}},
		"time that goes back": {"timestamp", func(s *stage, ann, bob *camera) {
			s.ts -= 9000
			s.gets(s.frame(ann, false)...)
		}},
		"half a frame": {"before the one before was whole", func(s *stage, ann, bob *camera) {
			s.gets(s.frame(ann, true)[0])
			s.seq--
			s.gets(s.frame(ann, false)...)
		}},
		"no source": {"without a source", func(s *stage, ann, bob *camera) {
			list := s.frame(ann, false)
			list[0].CSRC = nil
			s.gets(list...)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s, ann, bob := newStage(), newCamera(1, 2), newCamera(2, 0)
			s.gets(s.frame(ann, true)...)
			require.Empty(t, s.r.faulty())
			x.do(s, ann, bob)
			require.NotEmpty(t, s.r.faulty())
			assert.Contains(t, s.r.faulty()[0], x.fault)
		})
	}
}

func TestWhatIsLostIsAskedForAndWhatComesLateIsPutInItsPlace(t *testing.T) {
	s, ann := newStage(), newCamera(1, 0)
	s.gets(s.frame(ann, true)...)
	lost := s.frame(ann, false)
	s.gets(s.frame(ann, false)...)
	assert.Equal(t, 1, s.record(ann).Decoded, "the second one waits")
	s.now = s.now.Add(nackAfter)
	list := s.slot.nack(s.now)
	require.IsType(t, &rtcp.TransportLayerNack{}, list)
	assert.Equal(t, []rtcp.NackPair{{PacketID: lost[0].SequenceNumber}}, list.(*rtcp.TransportLayerNack).Nacks)
	assert.Nil(t, s.slot.nack(s.now), "once per round trip")
	s.gets(lost...)
	s.gets(lost...)
	assert.Equal(t, 3, s.record(ann).Decoded)
	assert.Empty(t, s.slot.holes)
	assert.Empty(t, s.r.faulty())
	assert.Equal(t, 1, s.record(ann).Late)
}

func TestWhatNeverComesIsGivenUpAndFreezesUntilTheNextKeyFrame(t *testing.T) {
	s, ann := newStage(), newCamera(1, 0)
	s.r.bind(wire.SlotState{Mid: "9", Source: ann.source()})
	s.r.open(s.slot, nil)
	s.gets(s.frame(ann, true)...)
	for range 3 {
		s.gets(s.frame(ann, false)...)
	}
	s.frame(ann, false) // of the lowest temporal layer: all that follows is made from it
	for range 16 {
		s.gets(s.frame(ann, false)...)
	}
	got := s.record(ann)
	assert.Equal(t, 4, got.Decoded)
	assert.Equal(t, 1, got.Lost)
	assert.Equal(t, 1, got.Freezes, "until now")
	assert.Len(t, s.r.wishes(s.now)[nil], 1, "a key frame")
	assert.Empty(t, s.r.wishes(s.now))
	s.gets(s.frame(ann, true)...)
	s.gets(s.frame(ann, false)...)
	got = s.record(ann)
	assert.Equal(t, 6, got.Decoded)
	assert.Equal(t, 1, got.Freezes)
	assert.Equal(t, 18*50*time.Millisecond, got.Frozen)
	assert.Empty(t, s.r.faulty())
}

func TestALossInTheMiddleOfAFrameIsNoFault(t *testing.T) {
	s, ann := newStage(), newCamera(1, 0)
	s.gets(s.frame(ann, true)...)
	s.picture++
	s.frame(ann, false)
	list := s.frame(ann, true)
	s.gets(list[1])
	s.now = s.now.Add(holdTime)
	s.r.wait(s.slot, s.now)
	s.gets(s.frame(ann, true)...)
	assert.Empty(t, s.r.faulty())
	assert.Equal(t, 2, s.record(ann).Lost)
	assert.Equal(t, 2, s.record(ann).Decoded)
}

func TestAPauseOfTheSenderIsNoFreeze(t *testing.T) {
	s, ann := newStage(), newCamera(1, 0)
	s.gets(s.frame(ann, true)...)
	s.gets(s.frame(ann, false)...)
	s.now, s.ts = s.now.Add(3*time.Second), s.ts+3*90000
	s.gets(s.frame(ann, false)...)
	assert.Zero(t, s.record(ann).Frozen)
	s.now = s.now.Add(3 * time.Second) // the network's
	s.gets(s.frame(ann, false)...)
	assert.Equal(t, 3*time.Second, s.record(ann).Frozen)
}

func TestAPauseThatWasAnnouncedIsNoFreeze(t *testing.T) {
	s, ann := newStage(), newCamera(1, 0)
	s.r.bind(wire.SlotState{Mid: "9", Source: ann.source()})
	s.r.open(s.slot, nil)
	s.gets(s.frame(ann, true)...)
	s.r.bind(wire.SlotState{Mid: "9", Source: ann.source(), Why: wire.WhyBandwidth})
	s.now = s.now.Add(10 * time.Second)
	assert.True(t, s.record(ann).Paused)
	assert.Zero(t, s.record(ann).Frozen)
	s.r.bind(wire.SlotState{Mid: "9", Source: ann.source()})
	s.gets(s.frame(ann, true)...)
	assert.Zero(t, s.record(ann).Frozen)
	assert.Equal(t, 2, s.record(ann).Decoded)
}
