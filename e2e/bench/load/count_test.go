package load

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bareTap is a tap without a socket.
func bareTap() *tap {
	t := &tap{sample: 4, in: make(chan datagram, 4*firstPackets), feedback: twcc.NewRecorder(1)}
	t.streams.Store(&map[uint32]*stream{})
	return t
}

// packet is an RTP packet of a payload type.
func packet(t testing.TB, pt uint8, ssrc uint32, seq uint16, change func(*rtp.Packet)) []byte {
	t.Helper()
	p := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: pt, SSRC: ssrc, SequenceNumber: seq}, Payload: make([]byte, 100)}
	if change != nil {
		change(p)
	}
	b, err := p.Marshal()
	require.NoError(t, err)
	return b
}

func TestWhatIsCountedOfWhatComes(t *testing.T) {
	from := netip.MustParseAddrPort("127.0.0.1:9")
	x := bareTap()
	take := func(b []byte) { x.take(b, from, time.Now().UnixNano()) }
	take(packet(t, typeVP8, 1, 65534, nil))
	take(packet(t, typeVP8, 1, 65535, nil))
	take(packet(t, typeVP8, 1, 1, nil)) // 0 is missing, and the counter has wrapped
	take(packet(t, typeOpus, 2, 10, nil))
	take(packet(t, typeOpus, 2, 12, nil))
	take(packet(t, typeOpus, 2, 13, func(p *rtp.Packet) { p.Padding, p.PaddingSize = true, 100 }))
	take(packet(t, typeRTX, 3, 1, nil))
	take([]byte{0x80, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) // RTCP
	take([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0}) // DTLS
	take([]byte{0x80})

	got := x.totals()
	assert.Equal(t, totals{video: 3, audio: 2, audioDue: 3, other: 2, videoStreams: 1}, got)
	assert.Equal(t, uint32(1<<17|1), x.stream(1).newest.Load())
	assert.Len(t, x.in, 3+2+2, "pion gets the first packets of each stream, RTCP and DTLS")
}

func TestOnlyASampleOfALongStreamGoesUp(t *testing.T) {
	x := bareTap()
	for seq := range uint16(firstPackets + 40) {
		x.take(packet(t, typeVP8, 1, seq, nil), netip.AddrPort{}, int64(seq)+1)
	}
	assert.Len(t, x.in, firstPackets+10)
	at, ok := x.stream(1).cameAt(firstPackets+4, x.sample)
	assert.True(t, ok)
	assert.Equal(t, int64(firstPackets+5), at)
	_, ok = x.stream(1).cameAt(firstPackets+5, x.sample)
	assert.False(t, ok, "it was not kept")
}

func TestTheTransportWideNumberIsFoundAmongOtherExtensions(t *testing.T) {
	const id = 5
	for _, c := range []struct {
		name   string
		change func(*rtp.Packet)
		want   uint16
		ok     bool
	}{
		{"alone", func(p *rtp.Packet) { require.NoError(t, p.SetExtension(id, []byte{1, 2})) }, 0x102, true},
		{"behind another, with sources", func(p *rtp.Packet) {
			p.CSRC = []uint32{7, 8}
			require.NoError(t, p.SetExtension(1, []byte("mid")))
			require.NoError(t, p.SetExtension(id, []byte{3, 4}))
		}, 0x304, true},
		{"none at all", nil, 0, false},
		{"another one only", func(p *rtp.Packet) { require.NoError(t, p.SetExtension(2, []byte{1, 2})) }, 0, false},
		{"one of another length", func(p *rtp.Packet) { require.NoError(t, p.SetExtension(id, []byte{1, 2, 3})) }, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			seq, ok := transportSeq(packet(t, typeVP8, 1, 1, c.change), id)
			assert.Equal(t, c.ok, ok)
			assert.Equal(t, c.want, seq)
		})
	}
}

func FuzzTransportSeq(f *testing.F) {
	f.Add(packet(f, typeVP8, 1, 1, func(p *rtp.Packet) { _ = p.SetExtension(5, []byte{1, 2}) }))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 12 {
			return
		}
		got, ok := transportSeq(b, 5)
		var h rtp.Header
		if _, err := h.Unmarshal(b); err != nil || !ok {
			return
		}
		if x := h.GetExtension(5); len(x) == 2 {
			assert.Equal(t, uint16(x[0])<<8|uint16(x[1]), got)
		}
	})
}
