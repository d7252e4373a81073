package media

import (
	"net"
	"net/netip"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// BenchmarkFloor is what the parts of forwarding a packet of 1,200 bytes cost by themselves, and so the least that a
// forwarded packet can cost. All figures are for one packet.
func BenchmarkFloor(b *testing.B) {
	b.Run("encrypt GCM", func(b *testing.B) { floorSRTP(b, srtp.ProtectionProfileAeadAes128Gcm, false) })
	b.Run("encrypt CM", func(b *testing.B) { floorSRTP(b, srtp.ProtectionProfileAes128CmHmacSha1_80, false) })
	b.Run("decrypt GCM", func(b *testing.B) { floorSRTP(b, srtp.ProtectionProfileAeadAes128Gcm, true) })
	b.Run("decrypt CM", func(b *testing.B) { floorSRTP(b, srtp.ProtectionProfileAes128CmHmacSha1_80, true) })
	b.Run("sendto", floorSendto)
	b.Run("sendmmsg 50", func(b *testing.B) { floorSendmmsg(b, 50, 1) })
	b.Run("sendmmsg 50, 2 segments", func(b *testing.B) { floorSendmmsg(b, 50, 2) })
	b.Run("sendmmsg 50, 4 segments", func(b *testing.B) { floorSendmmsg(b, 50, 4) })
	b.Run("sendmmsg 30, 8 segments", func(b *testing.B) { floorSendmmsg(b, 30, 8) })
	b.Run("recvfrom", func(b *testing.B) { floorReceive(b, true) })
	b.Run("recvmmsg", func(b *testing.B) { floorReceive(b, false) })
}

// per reports the time of one of n packets that each turn of the loop handled.
func per(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n)/1000, "µs/packet")
}

func floorSRTP(b *testing.B, profile srtp.ProtectionProfile, decrypt bool) {
	keyLen, err := profile.KeyLen()
	require.NoError(b, err)
	saltLen, err := profile.SaltLen()
	require.NoError(b, err)
	out, err := srtp.CreateContext(make([]byte, keyLen), make([]byte, saltLen), profile)
	require.NoError(b, err)
	in, err := srtp.CreateContext(make([]byte, keyLen), make([]byte, saltLen), profile)
	require.NoError(b, err)
	p := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 1}, Payload: make([]byte, 1188)}
	plain, err := p.Marshal()
	require.NoError(b, err)
	var buf buffer
	var h rtp.Header
	seq := uint16(0)
	for b.Loop() {
		seq++
		n := copy(buf[:], plain)
		buf[2], buf[3] = byte(seq>>8), byte(seq)
		x, err := out.EncryptRTP(buf[:0], buf[:n], &h)
		if err != nil {
			b.Fatal(err)
		}
		if decrypt {
			if _, err = in.DecryptRTP(buf[:0], x, &h); err != nil {
				b.Fatal(err)
			}
		}
	}
	per(b, 1)
}

func floorSendto(b *testing.B) {
	e := newEngine(b, "127.0.0.1:0")
	r := receivers(b, e, 50)
	to := make([]unix.SockaddrInet4, len(r))
	for i := range r {
		to[i].Port, to[i].Addr = int(addrOf(r[i].conn).Port()), [4]byte{127, 0, 0, 1}
	}
	packet := make([]byte, 1200)
	require.NoError(b, e.socks.v4.udp.control(func(fd uintptr) {
		for b.Loop() {
			for i := range to {
				if err := unix.Sendto(int(fd), packet, 0, &to[i]); err != nil {
					b.Fatal(err)
				}
			}
		}
	}))
	per(b, len(to))
}

// floorSendmmsg sends to n receivers, each time as many packets each as a message has segments.
func floorSendmmsg(b *testing.B, n, segments int) {
	e := newEngine(b, "127.0.0.1:0")
	if segments > 1 && !e.socks.v4.offload.segments.Load() {
		b.Skip("the system does not segment")
	}
	var out burst
	for _, r := range receivers(b, e, n) {
		for range segments {
			push(&out, r.s, 1, 1200)
		}
	}
	p := &out.post
	p.b, p.s = &out, e.socks.v4
	p.gather(true)
	require.Len(b, p.msgs, n)
	require.NoError(b, p.s.udp.control(func(fd uintptr) {
		for b.Loop() {
			if sent, errno := p.call(fd, 0); sent != n {
				b.Fatal(sent, errno)
			}
		}
	}))
	per(b, n*segments)
}

func floorReceive(b *testing.B, alone bool) {
	s, err := openSocket(netip.MustParseAddr("127.0.0.1"), 0, &shared{})
	require.NoError(b, err)
	defer s.udp.close()
	from, err := net.DialUDP("udp4", nil, s.addr)
	require.NoError(b, err)
	defer from.Close()
	var x batch
	x.init(func(int) {})
	x.alone = alone
	packet := make([]byte, 1200)
	for b.Loop() {
		b.StopTimer()
		for range batchSize {
			if _, err := from.Write(packet); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		for got := 0; got < batchSize; {
			n, err := x.read(s, true)
			if err != nil {
				b.Fatal(err)
			}
			got += n
		}
	}
	per(b, batchSize)
}
