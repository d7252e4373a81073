package bot

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/bot/flat"
	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/wire"
)

// vault is a sealer whose reports a test carries.
type vault struct {
	*sealer
	index    uint16
	announce []byte
	out      []port.Item
}

func newVault(t *testing.T, index uint16) *vault {
	v := &vault{index: index}
	v.sealer = newSealer(func() {}, func(_ *sealer, r port.Report) {
		switch r := r.(type) {
		case *port.Ready:
			v.announce = r.Announce
		case *port.Send:
			for _, item := range r.Items {
				item.From = index
				v.out = append(v.out, item)
			}
		case *port.Fault:
			assert.Fail(t, "a command was refused")
		}
	})
	v.does(&port.Open{Secret: port.Secret{PRS: [32]byte{1}, Room: "room"}, Realm: "example.org"})
	return v
}

func (v *vault) does(c port.Command) { v.report(v.do(c)) }

// meet are members 1 and 2 with one passphrase, up with each other. It is called in a bubble.
func meet(t *testing.T) (ann, bob *vault) {
	t.Helper()
	ann, bob = newVault(t, 1), newVault(t, 2)
	ann.does(&port.Welcome{Me: 1})
	ann.does(&port.Joined{Member: port.Member{Index: 2, Announce: bob.announce}})
	bob.does(&port.Welcome{Me: 2, Others: []port.Member{{Index: 1, Announce: ann.announce}}})
	for range 30 {
		for _, way := range [][2]*vault{{ann, bob}, {bob, ann}} {
			items := way[0].out
			way[0].out = nil
			way[1].does(&port.Receive{Items: items})
			_, list := way[0].tick()
			way[0].report(list)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return ann, bob
}

// codecs are all that video is sealed as.
var sealable = map[string]envelope.Codec{"VP8": envelope.VP8, "VP9": envelope.VP9, "AV1": envelope.AV1}

// film makes the packets of one sealed frame of ann's camera with a size, as the relay hands them on.
func (s *stage) film(t *testing.T, ann *vault, c *camera, codec envelope.Codec, key bool, size int) (list []*rtp.Packet) {
	t.Helper()
	s.now = s.now.Add(50 * time.Millisecond)
	kind, step := c.next(key)
	m := mark{who: 1, stream: wire.Cam, frame: c.frame, ref: c.keep(kind)}
	data := image(c.layer, kind)
	frame := m.append(frameOf(data, []int{max(size, len(data))}))
	sealed, err := ann.seal(e2ee.Frame{Stream: senderkey.Camera, Codec: codec, Key: kind == flat.Key}, frame)
	require.NoError(t, err)
	s.ts += 4500
	s.picture = (s.picture + 1) & 0x7fff
	if step.tid == 0 {
		s.tl0++
	}
	d := descriptor{picture: s.picture, tl0: s.tl0, tid: step.tid, sync: step.sync}
	payloads := d.packets(codec, kind == flat.Key, sealed)
	for i, b := range payloads {
		s.seq++
		list = append(list, &rtp.Packet{
			Header: rtp.Header{
				Version: 2, PayloadType: uint8(typeOf(codec)), SequenceNumber: s.seq, Timestamp: s.ts, Marker: i == len(payloads)-1, SSRC: 5,
				CSRC: []uint32{c.source().CSRC()},
			},
			Payload: b,
		})
	}
	return list
}

// sealedStage is a slot that bob looks at.
func sealedStage(bob *vault) *stage {
	s := newStage()
	s.slot.cover = cover{on: true, by: bob.sealer}
	return s
}

func TestSealedFramesOfEveryCodecAndSizeComeBack(t *testing.T) {
	for name, codec := range sealable {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ann, bob := meet(t)
				s, cam := sealedStage(bob), newCamera(1, 0)
				packets := 0
				sizes := []int{0, 200, maxPart - 60, maxPart - 20, maxPart, maxPart + 1, 2 * maxPart, 10_000}
				for i, size := range sizes {
					list := s.film(t, ann, cam, codec, i == 0, size)
					for _, p := range list {
						assert.LessOrEqual(t, len(p.Payload), maxPart+16)
					}
					packets += len(list)
					s.gets(list...)
				}
				rec := s.record(cam)
				assert.Equal(t, packets, rec.Packets)
				assert.Equal(t, map[uint32]int{1: packets}, rec.Marks)
				assert.Equal(t, len(sizes), rec.Frames)
				assert.Equal(t, len(sizes), rec.Decoded)
				assert.Equal(t, 1, rec.KeyFrames)
				assert.Equal(t, name, rec.Codec)
				assert.Equal(t, 180, rec.Height)
				assert.Zero(t, rec.Opaque)
				assert.Empty(t, s.r.faulty())
			})
		})
	}
}

func TestASealedFrameOfWhichAPacketIsLostIsNotOpened(t *testing.T) {
	for name, codec := range sealable {
		for lost := range 3 {
			synctest.Test(t, func(t *testing.T) {
				ann, bob := meet(t)
				s, cam := sealedStage(bob), newCamera(1, 0)
				s.gets(s.film(t, ann, cam, codec, true, 100)...)
				list := s.film(t, ann, cam, codec, false, 3000)
				require.Len(t, list, 3)
				s.gets(append(list[:lost:lost], list[lost+1:]...)...)
				s.gets(s.film(t, ann, cam, codec, true, 100)...)
				s.now = s.now.Add(holdTime)
				s.r.wait(s.slot, s.now)
				rec := s.record(cam)
				assert.Equal(t, 2, rec.Frames, "%s without packet %d", name, lost)
				assert.Equal(t, 2, rec.Decoded)
				assert.Empty(t, s.r.faulty())
			})
		}
	}
}

func TestAFrameThatIsMadeFromALostOneIsAskedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ann, bob := meet(t)
		s, cam := sealedStage(bob), newCamera(1, 0)
		s.gets(s.film(t, ann, cam, envelope.VP8, true, 0)...)
		for range 3 {
			s.gets(s.film(t, ann, cam, envelope.VP8, false, 0)...)
		}
		s.film(t, ann, cam, envelope.VP8, false, 0) // of the lowest layer; the sender never sent it
		s.seq--
		assert.False(t, s.slot.video.needsKey(s.now))
		for range 8 {
			s.gets(s.film(t, ann, cam, envelope.VP8, false, 0)...)
		}
		assert.True(t, s.slot.video.needsKey(s.now))
		before := s.record(cam)
		s.gets(s.film(t, ann, cam, envelope.VP8, true, 0)...)
		assert.Equal(t, before.Decoded+1, s.record(cam).Decoded)
		assert.False(t, s.slot.video.needsKey(s.now))
	})
}

func TestWhatCannotBeOpenedCountsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ann, bob := meet(t)
		cam := newCamera(1, 0)
		for name, x := range map[string]struct {
			by     *sealer
			change func(list []*rtp.Packet)
		}{
			"without keys": {},
			"a flipped bit": {bob.sealer, func(list []*rtp.Packet) {
				b := list[0].Payload
				b[len(b)-10] ^= 1
			}},
			"by who made it": {by: ann.sealer},
		} {
			s := sealedStage(bob)
			s.slot.cover.by = x.by
			list := s.film(t, ann, cam, envelope.VP8, true, 0)
			if x.change != nil {
				x.change(list)
			}
			s.gets(list...)
			rec := s.record(cam)
			assert.Equal(t, len(list), rec.Opaque, name)
			assert.Zero(t, rec.Packets, name)
			assert.Zero(t, rec.Frames, name)
			assert.Empty(t, s.r.faulty(), name)
			assert.False(t, s.slot.video.needsKey(s.now.Add(time.Second)), "%s: a key frame would be as dark", name)
		}
	})
}

func TestAFrameUnderAnotherNameIsAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ann, bob := meet(t)
		for name, src := range map[string]wire.Source{
			"another member": {Member: 3, Stream: wire.Cam}, "another stream": {Member: 1, Stream: wire.Screen},
		} {
			s, cam := sealedStage(bob), newCamera(1, 0)
			list := s.film(t, ann, cam, envelope.VP8, true, 0)
			for _, p := range list {
				p.CSRC = []uint32{src.CSRC()}
			}
			s.gets(list...)
			assert.Len(t, s.r.faulty(), 1, name)
			assert.Zero(t, s.r.sources(s.now)[src].Frames, name)
		}
	})
}

func TestAPayloadInClearIsAFaultInASealedSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, bob := meet(t)
		s, cam := sealedStage(bob), newCamera(1, 0)
		list := s.frame(cam, true)
		for _, p := range list {
			p.PayloadType = typeVP8
		}
		s.gets(list...)
		assert.NotEmpty(t, s.r.faulty())
		assert.Zero(t, s.record(cam).Frames)
	})
}

func TestASealerThatIsClosedOpensNothingUnlessItHoards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ann, bob := meet(t)
		what := e2ee.Frame{Stream: senderkey.Mic, Codec: envelope.Opus}
		one, err := ann.seal(what, []byte("one"))
		require.NoError(t, err)
		two, err := ann.seal(what, []byte("two"))
		require.NoError(t, err)
		bob.close(true)
		_, _, err = bob.open(true, one)
		require.NoError(t, err)
		bob.close(false)
		_, _, err = bob.open(true, two)
		require.ErrorIs(t, err, e2ee.ErrNoKey)
	})
}

func TestASealerThatIsStuckSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		var faults int
		x := newSealer(end, func(_ *sealer, r port.Report) {
			if _, ok := r.(*port.Fault); ok {
				faults++
			}
		})
		x.give(&port.Open{})
		for range maxCommands {
			x.give(&port.Unlock{})
		}
		go x.run(ctx)
		synctest.Wait()
		assert.Positive(t, faults)
		end()
		synctest.Wait()
	})
}
