package estimate_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/relay/media/estimate"
)

// feedback is a report that count packets from seq on came at one time of the receiver's clock.
func feedback(seq uint16, count int, at time.Duration) []byte {
	b := make([]byte, 20, 32)
	b[0], b[1] = 2<<6|15, 205
	binary.BigEndian.PutUint16(b[12:], seq)
	binary.BigEndian.PutUint16(b[14:], uint16(count))
	binary.BigEndian.PutUint32(b[16:], uint32(at/(64*time.Millisecond))<<8)
	b = binary.BigEndian.AppendUint16(b, 1<<13|uint16(count)) // a run of small deltas
	b = append(b, byte(at%(64*time.Millisecond)/(250*time.Microsecond)))
	b = append(b, make([]byte, count-1)...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1))
	return b
}

func TestReadsWhatAnotherImplementationWrites(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		rec := twcc.NewRecorder(1)
		seq, at := uint16(r.Uint32()), int64(r.IntN(1e9))
		came := map[uint16]time.Duration{}
		for range 1 + r.IntN(300) {
			seq += uint16(1 + r.IntN(3)*r.IntN(6)*r.IntN(2))
			at += int64(r.IntN(2000)) * int64(r.IntN(20))
			rec.Record(1, seq, at)
			came[seq] = time.Duration(at) * time.Microsecond
		}
		for _, p := range rec.BuildFeedbackPacket() {
			b, err := p.Marshal()
			require.NoError(t, err)
			f, err := estimate.ParseFeedback(b)
			require.NoError(t, err)
			begin := time.Duration(p.(*rtcp.TransportLayerCC).ReferenceTime) * 64 * time.Millisecond
			for x, ok := f.Next(); ok; x, ok = f.Next() {
				want, there := came[x.Seq]
				require.Equal(t, there, x.Came, "seed %d, packet %d", seed, x.Seq)
				if there {
					require.InDelta(t, want.Milliseconds(), (begin + x.At).Milliseconds(), 1)
					delete(came, x.Seq)
				}
			}
		}
		require.Empty(t, came, "seed %d", seed)
	}
}

func TestReadsAllChunks(t *testing.T) {
	b := []byte{
		0x8f, 205, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2,
		0xff, 0xfe, 0, 10, // from 65534 on, ten packets
		0xff, 0xff, 0xfe, 9, // reference -2
		0x20, 0x02, // a run of two small deltas
		0xa0, 0x00, // one-bit symbols, of which eight are used: the first one came
		4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	}
	b[3] = byte(len(b)/4 - 1)
	f, err := estimate.ParseFeedback(b)
	require.NoError(t, err)
	var got []string
	for x, ok := f.Next(); ok; x, ok = f.Next() {
		got = append(got, fmt.Sprint(x.Seq, x.Came, x.At))
	}
	assert.Equal(t, []string{
		"65534 true 1ms", "65535 true 3ms", "0 true 6ms", "1 false 6ms", "2 false 6ms", "3 false 6ms", "4 false 6ms",
		"5 false 6ms", "6 false 6ms", "7 false 6ms",
	}, got)
}

func TestRefusesEveryPrefix(t *testing.T) {
	b := feedback(7, 5, time.Second)
	_, err := estimate.ParseFeedback(b)
	require.NoError(t, err)
	for n := range b {
		_, err := estimate.ParseFeedback(b[:n:n])
		require.ErrorIs(t, err, estimate.ErrFeedback)
	}
}

func TestRefusesWhatDoesNotHoldTogether(t *testing.T) {
	for name, change := range map[string]func([]byte){
		"another type":              func(b []byte) { b[1] = 206 },
		"another format":            func(b []byte) { b[0] = 0x81 },
		"another version":           func(b []byte) { b[0] = 0x4f },
		"a symbol that is reserved": func(b []byte) { b[20] |= 0x60 },
		"fewer chunks than packets": func(b []byte) { b[15] = 200 },
		"deltas that are not there": func(b []byte) { b[20] = 0x40 },
		"more packets than anybody sent": func(b []byte) {
			b[14], b[15], b[20], b[21] = 0x7f, 0xff, 0x1f, 0xff
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := feedback(7, 5, time.Second)
			change(b)
			_, err := estimate.ParseFeedback(b)
			assert.ErrorIs(t, err, estimate.ErrFeedback)
		})
	}
}

func FuzzFeedback(f *testing.F) {
	f.Add(feedback(0, 5, time.Second))
	f.Add(feedback(65530, 20, time.Hour))
	f.Fuzz(func(t *testing.T, b []byte) {
		now := time.Unix(1e9, 0)
		h := estimate.NewHistory(now)
		for range 100 {
			now = now.Add(5 * time.Millisecond)
			h.Sent(now, 1000)
		}
		e := estimate.New(h)
		for range 3 {
			x, err := estimate.ParseFeedback(b)
			if err != nil {
				return
			}
			now = now.Add(50 * time.Millisecond)
			e.Feedback(now, x)
			e.Tick(now, 1_000_000)
		}
		s := e.Snapshot()
		require.GreaterOrEqual(t, s.Rate, estimate.LeastRate)
		require.LessOrEqual(t, s.Rate, estimate.MostRate)
	})
}

func TestAllocatesNothing(t *testing.T) {
	now := time.Unix(1e9, 0)
	h := estimate.NewHistory(now)
	e := estimate.New(h)
	b := feedback(0, 10, 0)
	n := testing.AllocsPerRun(1000, func() {
		first := h.Sent(now, 1000)
		for range 9 {
			h.Sent(now, 1000)
		}
		now = now.Add(50 * time.Millisecond)
		binary.BigEndian.PutUint16(b[12:], first)
		f, err := estimate.ParseFeedback(b)
		if err != nil {
			t.Fatal(err)
		}
		e.Feedback(now, f)
		e.Tick(now, 0)
	})
	assert.Zero(t, n)
	assert.NotZero(t, e.Snapshot().Reports)
}

func BenchmarkSent(b *testing.B) {
	now := time.Unix(1e9, 0)
	h := estimate.NewHistory(now)
	for b.Loop() {
		h.Sent(now, 1000)
	}
}

// BenchmarkFeedback is for one report on 50 packets.
func BenchmarkFeedback(b *testing.B) {
	now := time.Unix(1e9, 0)
	h := estimate.NewHistory(now)
	e := estimate.New(h)
	r := feedback(0, 50, 0)
	for b.Loop() {
		var first uint16
		for i := range 50 {
			now = now.Add(time.Millisecond)
			if x := h.Sent(now, 1000); i == 0 {
				first = x
			}
		}
		binary.BigEndian.PutUint16(r[12:], first)
		f, _ := estimate.ParseFeedback(r)
		e.Feedback(now, f)
	}
}
