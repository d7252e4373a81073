package bot

import (
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

const transportID = 3

// numbered makes a packet with a transport-wide number, among other extensions and sources.
func numbered(t testing.TB, seq uint16) []byte {
	t.Helper()
	h := rtp.Header{Version: 2, PayloadType: typeVP8, SSRC: 7, CSRC: []uint32{1, 2}}
	require.NoError(t, h.SetExtension(1, []byte{20}))
	require.NoError(t, h.SetExtension(4, []byte("mid")))
	require.NoError(t, h.SetExtension(transportID, []byte{byte(seq >> 8), byte(seq)}))
	b, err := (&rtp.Packet{Header: h, Payload: []byte("secret")}).Marshal()
	require.NoError(t, err)
	return b
}

// agreed are arrivals of a peer connection that was negotiated.
func agreed() *arrivals {
	a := newArrivals()
	a.BindRemoteStream(&interceptor.StreamInfo{RTPHeaderExtensions: []interceptor.RTPHeaderExtension{
		{URI: wire.ExtMid, ID: 4}, {URI: wire.ExtTransport, ID: transportID},
	}}, nil)
	return a
}

func TestTheTransportWideNumberIsRead(t *testing.T) {
	b := numbered(t, 0xabcd)
	seq, ok := transportNumber(b, transportID)
	assert.True(t, ok)
	assert.EqualValues(t, 0xabcd, seq)
	for n := range len(b) - len("secret") {
		_, ok := transportNumber(b[:n], transportID)
		assert.False(t, ok, "the first %d bytes", n)
	}
	for name, b := range map[string][]byte{
		"nothing": nil,
		"RTCP":    append([]byte{0x90, 200}, b[2:]...),
		"STUN":    append([]byte{0}, b[1:]...),
	} {
		_, ok := transportNumber(b, transportID)
		assert.False(t, ok, name)
	}
	_, ok = transportNumber(b, 0)
	assert.False(t, ok, "not agreed on")
	_, ok = transportNumber(b, 4)
	assert.False(t, ok, "of another size")
}

func FuzzTransportNumber(f *testing.F) {
	f.Add(numbered(f, 5), uint8(transportID))
	f.Add([]byte{0x90, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde, 0, 1, 0x31, 0, 5, 0}, uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, id uint8) {
		seq, ok := transportNumber(b, id)
		var h rtp.Header
		if _, err := h.Unmarshal(b); err != nil || !ok || h.ExtensionProfile != 0xbede {
			return
		}
		if x := h.GetExtension(id); len(x) == 2 {
			assert.Equal(t, uint16(x[0])<<8|uint16(x[1]), seq)
		}
	})
}

func TestTheRelayIsToldWhenPacketsCameNotWhenTheyWereRead(t *testing.T) {
	a := agreed()
	spread := 64 * time.Millisecond // the unit of a report's first time
	for i, after := range []time.Duration{0, 10 * time.Millisecond, 25 * time.Millisecond} {
		a.note(numbered(t, uint16(100+2*i)), a.start.Add(spread+after))
	}
	list := a.report()
	require.Len(t, list, 1)
	x := list[0].(*rtcp.TransportLayerCC)
	assert.EqualValues(t, 100, x.BaseSequenceNumber)
	assert.EqualValues(t, 5, x.PacketStatusCount, "those between did not come")
	assert.EqualValues(t, 1, x.ReferenceTime)
	var deltas []time.Duration
	for _, d := range x.RecvDeltas {
		deltas = append(deltas, time.Duration(d.Delta)*time.Microsecond)
	}
	assert.Equal(t, []time.Duration{0, 10 * time.Millisecond, 15 * time.Millisecond}, deltas)
	assert.Empty(t, a.report(), "once")
}

func TestALumpOfPacketsIsToldInReportsThatFit(t *testing.T) {
	a := agreed()
	for i := range 1000 {
		a.note(numbered(t, uint16(i)), a.start.Add(time.Duration(i)*time.Millisecond))
	}
	told := 0
	for _, p := range a.report() {
		b, err := p.Marshal()
		require.NoError(t, err)
		assert.Less(t, len(b), 1200)
		told += len(p.(*rtcp.TransportLayerCC).RecvDeltas)
	}
	assert.Equal(t, 1000, told)
}

func TestAPacketComesWhenTheBottleneckLetsItGo(t *testing.T) {
	p := &path{net: &network{}, log: agreed()}
	begin := p.log.start.Add(-time.Hour)
	b := numbered(t, 9)
	p.take(&Network{Rate: 8 * 10 * (len(b) + overhead), Delay: 40 * time.Millisecond}, begin, b, nil)
	n, _, err := p.ReadFrom(make([]byte, 100))
	require.NoError(t, err)
	assert.Equal(t, len(b), n)
	var h rtp.Header
	_, err = h.Unmarshal(b)
	require.NoError(t, err)
	now := time.Now()
	assert.Equal(t, begin.Add(140*time.Millisecond), p.log.of(&h, now))
	require.NoError(t, h.SetExtension(transportID, []byte{0, 8}))
	assert.Equal(t, now, p.log.of(&h, now), "one that did not come")
}
