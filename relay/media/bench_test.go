package media

import (
	"net"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

// fanOut is a reader of ann's whose packets go to n receivers.
type fanOut struct {
	r   *reader
	k   *track
	enc func(*rtp.Packet) []byte
}

func newFanOut(tb testing.TB, n int) *fanOut {
	tb.Helper()
	c := newCall(tb)
	ann := c.join(1, describe(0, 0), both)
	var all []*client
	for i := range n {
		x := c.join(wire.MemberIndex(i+2), describe(0, 1), nothing)
		x.s.Want([]wire.Want{{Source: cam(1), Height: 180}})
		all = append(all, x)
	}
	k := ann.camera(77)
	for _, x := range all {
		k.begins(x, x.slot("v0"))
	}
	f := &fanOut{k: k, r: newReader(ann.s)}
	f.enc = func(p *rtp.Packet) []byte {
		plain, err := p.Marshal()
		require.NoError(tb, err)
		b, err := ann.out.EncryptRTP(nil, plain, nil)
		require.NoError(tb, err)
		return b
	}
	c.engine.stop() // feedback and reports are not counted here
	c.engine.ticking.Wait()
	_ = ann.s.feedback()                                 // takes the lock that the session's own reader took after it had used its keys
	hole, err := net.ListenPacket("udp4", "127.0.0.1:0") // nobody reads it: only the relay's work is measured
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = hole.Close() })
	for _, x := range all {
		was := x.s.peer.Load()
		x.s.peer.Store(&peer{addr: hole.LocalAddr().(*net.UDPAddr).AddrPort(), candidate: was.candidate})
	}
	return f
}

// packets makes n packets of 1,200 bytes, encrypted.
func (f *fanOut) packets(n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		p := f.k.next(false)
		p.Payload = append(p.Payload, make([]byte, 1150)...)
		all[i] = f.enc(p)
	}
	return all
}

func TestAForwardedPacketAllocatesNothing(t *testing.T) {
	const warm, runs, receivers = 600, 1000, 4
	f := newFanOut(t, receivers)
	all := f.packets(warm + runs + 1)
	next := 0
	one := func() {
		f.r.rtp(all[next], time.Now())
		next++
	}
	for range warm {
		one()
	}
	before := f.r.s.Stats()[PacketsIn]
	allocs := testing.AllocsPerRun(runs, one)
	require.Equal(t, uint64(runs+1), f.r.s.Stats()[PacketsIn]-before, "they were taken")
	if !underRace {
		require.Zero(t, allocs)
	}
}

func BenchmarkForward(b *testing.B) {
	const receivers = 10
	f := newFanOut(b, receivers)
	all := f.packets(b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for _, p := range all {
		f.r.rtp(p, time.Now())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*receivers)/1000, "µs/forwarded")
}

// BenchmarkJoin is what a join costs the relay before anything is on the network.
func BenchmarkJoin(b *testing.B) {
	c := newCall(b)
	o := describe(5, 49)
	o.ICE, o.Fingerprint = wire.ICE{Ufrag: "abcd", Pwd: "abcdefghijklmnopqrstuv"}, c.engine.fingerprint
	for b.Loop() {
		s, _, err := c.group.Join(1, o, both)
		require.NoError(b, err)
		s.Close()
	}
}
