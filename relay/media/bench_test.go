package media

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
)

const gcm, cm = dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80

// fanOut is one publisher whose packets go to n receivers, and the relay's work for it: what the socket's goroutine does
// in an engine, on a socket of its own and in the caller's goroutine.
type fanOut struct {
	ann *client
	k   *track
	in  *intake
	to  *net.UDPConn // whence the publisher's packets come
	n   int
}

// turn has the relay handle what was sent to it last.
func (f *fanOut) turn() error {
	_, err := f.in.in.read(f.in.s, true)
	return err
}

func newFanOut(tb testing.TB, n int, profile dtls.SRTPProtectionProfile) *fanOut {
	tb.Helper()
	c := newCall(tb)
	c.profiles = []dtls.SRTPProtectionProfile{profile}
	ann := c.join(1, describe(0, 0), both)
	var all []*client
	for i := range n {
		x := c.join(wire.MemberIndex(i+2), counted(describe(0, 1)), nothing)
		x.s.Want([]wire.Want{{Source: cam(1), Height: 180}})
		all = append(all, x)
	}
	f := &fanOut{ann: ann, k: ann.camera(77), n: n}
	for _, x := range all {
		f.k.begins(x, x.slot("v0"))
	}
	c.engine.stop() // feedback and reports are not counted here
	c.engine.ticking.Wait()
	for _, x := range all {
		was := x.s.peer.Load()
		x.s.peer.Store(newPeer(addrOf(loopback(tb)), was.candidate)) // nobody reads there
	}
	at, err := openSocket(netip.MustParseAddr("127.0.0.1"), 0, c.engine.socks.shared)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = at.udp.close() })
	f.in = newIntake(at)
	f.to, err = net.DialUDP("udp4", nil, at.addr)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = f.to.Close() })
	routes := &c.engine.socks.routes
	in := routes.find(ann.s.peer.Load().addr)
	require.NotNil(tb, in)
	routes.set(in, addrOf(f.to))
	return f
}

func loopback(tb testing.TB) *net.UDPConn {
	tb.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

func addrOf(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// packets makes n packets of 1,200 bytes, encrypted.
func (f *fanOut) packets(tb testing.TB, n int) [][]byte {
	tb.Helper()
	all := make([][]byte, n)
	for i := range all {
		p := f.k.next(false)
		p.Payload = append(p.Payload, make([]byte, 1150)...)
		plain, err := p.Marshal()
		require.NoError(tb, err)
		all[i], err = f.ann.out.EncryptRTP(nil, plain, nil)
		require.NoError(tb, err)
	}
	return all
}

// send brings packets to the relay's socket.
func (f *fanOut) send(tb testing.TB, packets [][]byte) {
	for _, p := range packets {
		if _, err := f.to.Write(p); err != nil {
			tb.Fatal(err)
		}
	}
}

// From the read on one socket to the write on another, with the kernel between.
func TestAForwardedPacketAllocatesNothing(t *testing.T) {
	for name, profile := range map[string]dtls.SRTPProtectionProfile{
		"AES-GCM": gcm, "AES-CM": cm,
	} {
		t.Run(name, func(t *testing.T) {
			const warm, runs, receivers, together = 300, 500, 4, 2
			f := newFanOut(t, receivers, profile)
			all := f.packets(t, together*(warm+runs+1))
			next := 0
			turn := func() {
				f.send(t, all[next:next+together])
				next += together
				if err := f.turn(); err != nil {
					t.Fatal(err)
				}
			}
			for range warm {
				turn()
			}
			before := f.ann.s.Stats()[PacketsIn]
			out := f.in.s.shared.delay.histogram().Count()
			allocs := testing.AllocsPerRun(runs, turn)
			require.Equal(t, uint64(together*(runs+1)), f.ann.s.Stats()[PacketsIn]-before, "they were taken")
			require.Equal(t, uint64(together*receivers*(runs+1)), f.in.s.shared.delay.histogram().Count()-out, "they were sent")
			if !underRace {
				require.Zero(t, allocs)
			}
		})
	}
}

// BenchmarkForward is the relay's time for a packet that goes to one receiver: its share of reading, decrypting and
// keeping what came in, and the copy's rewriting, encryption and sending. Bringing the packets there is not counted.
func BenchmarkForward(b *testing.B) {
	for _, x := range []struct {
		name    string
		profile dtls.SRTPProtectionProfile
	}{{"GCM", gcm}, {"CM", cm}} {
		for _, receivers := range []int{1, 10, 50, 100} {
			b.Run(fmt.Sprintf("%s/receivers=%d", x.name, receivers), func(b *testing.B) {
				f := newFanOut(b, receivers, x.profile)
				for _, together := range []int{1, 4} {
					b.Run(fmt.Sprintf("together=%d", together), func(b *testing.B) { f.bench(b, together) })
				}
			})
		}
	}
}

func (f *fanOut) bench(b *testing.B, together int) {
	b.ReportAllocs()
	const round = 256
	var spent time.Duration
	var all [][]byte
	turns := 0
	for b.Loop() {
		if len(all) == 0 {
			b.StopTimer()
			all = f.packets(b, round*together)
			b.StartTimer()
		}
		f.send(b, all[:together])
		all = all[together:]
		start := time.Now()
		if err := f.turn(); err != nil {
			b.Fatal(err)
		}
		spent += time.Since(start)
		turns++
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(turns*together*f.n)/1000, "µs/forwarded")
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
