package media

import (
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/codec"
	"github.com/conclave-meet/conclave/shared/wire"
)

// Half of the receivers get all frames, half of them every second one; every tenth packet was lost, and is asked for.
func TestDroppingAndSwitchingAllocateNothing(t *testing.T) {
	const warm, runs, receivers, together = 300, 500, 4, 4
	f := newFanOut(t, receivers, dtls.SRTP_AEAD_AES_128_GCM)
	r := newReader(f.ann.s)
	var slots []*slot
	for m := wire.MemberIndex(2); m < 2+receivers; m++ {
		sl := f.ann.s.group.members[m].control.slots[0]
		slots = append(slots, sl)
		if m%2 == 0 {
			sl.aim(target{layer: sl.place.goal.layer, most: codec.Point{}})
		}
	}
	n := 0
	now := time.Now()
	frame := func(p *rtp.Packet) []byte {
		n++
		tid := [4]byte{0, 2, 1, 2}[n%4]
		p.Payload = []byte{0x90, 0xe0, 0x80 | byte(f.k.pic>>8&0x7f), byte(f.k.pic), byte(n / 4), tid<<6 | 1<<5, 1}
		p.Payload = append(p.Payload, make([]byte, 1000)...)
		b, err := p.Marshal()
		require.NoError(t, err)
		return b
	}
	var packets [][]byte
	for range together * (warm + runs + 1) {
		packets = append(packets, frame(f.k.next(false)))
	}
	turn := func() {
		now = now.Add(10 * time.Millisecond)
		for i, b := range packets[:together] {
			if _, err := r.header.Unmarshal(b); err != nil {
				t.Fatal(err)
			}
			if i == 2 && n%10 == 0 {
				continue
			}
			r.take(b, now)
		}
		packets = packets[together:]
		for _, sl := range slots {
			sl.retransmit(1, now, r.out.room(), &r.tmp)
			goal := sl.goal
			goal.most.Temporal = uint8(len(packets)/together) % 3
			sl.aim(goal)
		}
		r.out.flush()
	}
	for range warm {
		turn()
	}
	before := f.ann.s.group.members[2].Stats()
	allocs := testing.AllocsPerRun(runs, turn)
	after := f.ann.s.group.members[2].Stats()
	require.Greater(t, after[DropLayer], before[DropLayer]+runs/2)
	require.Greater(t, after[PacketsOut], before[PacketsOut]+runs/2)
	if !underRace {
		require.Zero(t, allocs)
	}
}
