package linkem_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/browser/netns"
	"github.com/conclave-meet/conclave/e2e/wan/linkem"
)

var far = netip.AddrFrom4([4]byte{203, 0, 113, 1}) // TEST-NET-3 of RFC 5737

// rig is a link between the test's namespace and another one, with a UDP
// socket at either end.
type rig struct {
	link  *linkem.Link
	here  net.PacketConn // at netns.Address
	there net.PacketConn // at far

	mu        sync.Mutex
	delivered []time.Time // guarded by mu: as the link says
}

// deliveries takes the times of what was delivered since it was last asked.
func (r *rig) deliveries() []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.delivered
	r.delivered = nil
	return list
}

func newRig(t *testing.T, o linkem.Options) *rig {
	t.Helper()
	space, err := netns.New()
	require.NoError(t, err)
	t.Cleanup(space.Close)
	near, err := linkem.Tun("wan0")
	require.NoError(t, err)
	var other linkem.Device
	space.Do(func() { other, err = linkem.Tun("wan0") })
	require.NoError(t, err)
	require.NoError(t, netns.Plug("wan0", far))
	require.NoError(t, space.Plug("wan0", far))

	r := &rig{}
	o.TapsDown.Delivered = func(at time.Time, b []byte) {
		if isUDP(b) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.delivered = append(r.delivered, at)
		}
	}
	r.link, err = linkem.Join(near, other, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.link.Close()) })
	r.here, err = net.ListenPacket("udp4", netns.Address.String()+":0")
	require.NoError(t, err)
	t.Cleanup(func() { r.here.Close() })
	r.there, err = space.ListenPacket("udp4", far.String()+":0")
	require.NoError(t, err)
	t.Cleanup(func() { r.there.Close() })
	return r
}

func isUDP(b []byte) bool { return len(b) > 20 && b[0]>>4 == 4 && b[9] == 17 }

// send sends count packets down, one every interval, each with its number and
// when it left, and receives until nothing comes for a while. It returns the
// numbers that arrived, when that was, and how long they were under way.
func (r *rig) send(t *testing.T, count, size int, interval time.Duration) (got []int, at []time.Time, took []time.Duration) {
	t.Helper()
	sent, done := make([]time.Time, count), make(chan []int)
	go func() {
		var got []int
		b := make([]byte, 2048)
		for {
			_ = r.there.SetReadDeadline(time.Now().Add(time.Second))
			if _, _, err := r.there.ReadFrom(b); err != nil {
				done <- got
				return
			}
			got = append(got, int(binary.BigEndian.Uint32(b)))
		}
	}()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	b := make([]byte, size)
	for i := range sent {
		binary.BigEndian.PutUint32(b, uint32(i))
		sent[i] = time.Now()
		_, err := r.here.WriteTo(b, r.there.LocalAddr())
		require.NoError(t, err)
		<-tick.C
	}
	got, at = <-done, r.deliveries()
	require.Len(t, at, len(got))
	for i, n := range got {
		took = append(took, at[i].Sub(sent[n]))
	}
	return got, at, took
}

func TestALinkIsOnTime(t *testing.T) {
	netns.Run(t, false, func(t *testing.T) {
		const delay = 20 * time.Millisecond
		r := newRig(t, linkem.Options{Duplex: linkem.Both(linkem.Conditions{Delay: delay})})
		got, _, took := r.send(t, 300, 200, 3*time.Millisecond)
		require.Len(t, got, 300)
		slices.Sort(took)
		median, p95 := took[150]-delay, took[285]-delay
		t.Logf("20 ms of delay are exceeded by: median %v, p95 %v, most %v", median, p95, took[299]-delay)
		assert.GreaterOrEqual(t, took[0], delay)
		assert.Less(t, median, 5*time.Millisecond, "on a machine however busy")
	})
}

func TestALinkLimitsAndLosesAndCuts(t *testing.T) {
	netns.Run(t, false, func(t *testing.T) {
		r := newRig(t, linkem.Options{})
		got, _, _ := r.send(t, 200, 200, time.Millisecond)
		assert.Len(t, got, 200, "a perfect wire")

		// 1000 packets of 1000 bytes (and 28 of headers) in half a second or
		// more; a queue of 100 ms. What gets through is bounded by the rate.
		r.link.Set(linkem.Both(linkem.Conditions{Rate: 1000 * linkem.Kbit, Queue: 100 * time.Millisecond}))
		got, at, _ := r.send(t, 1000, 1000, 500*time.Microsecond)
		require.Greater(t, len(got), 2)
		rate := float64(len(got)-1) * 1028 * 8 / at[len(at)-1].Sub(at[0]).Seconds() / 1000
		t.Logf("of a 1000 kbit/s bottleneck: %.1f kbit/s, %d of 1000 packets", rate, len(got))
		assert.Less(t, len(got), 900)
		assert.InDelta(t, 1000, rate, 100)

		r.link.Set(linkem.Both(linkem.Conditions{Loss: 0.5}))
		got, _, _ = r.send(t, 1000, 200, 500*time.Microsecond)
		assert.InDelta(t, 500, len(got), 100, "half of them are lost")
		r.link.Set(linkem.Both(linkem.Conditions{Cut: true}))
		got, _, _ = r.send(t, 10, 200, time.Millisecond)
		assert.Empty(t, got)
		_, down := r.link.Counts()
		assert.Positive(t, down.Overflowed)
		assert.Greater(t, down.Lost, int64(400))
	})
}
