package peer

import (
	"testing"
	"time"

	"github.com/conclave-meet/conclave/relay/room"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/require"
)

// BenchmarkOneToNinetyNine is what the relay does with a binary message that has a chat record for each of the others in
// a room of a hundred, up to their queues.
func BenchmarkOneToNinetyNine(b *testing.B) {
	const members, record = 100, 272 // bytes
	s := room.NewState(room.Anyone, members)
	boxes := map[room.Conn]*outbox{}
	now := time.Unix(1000, 0)
	m := &wire.Sealed{}
	for c := range room.Conn(members) {
		boxes[c+1] = newOutbox()
		token := room.Token(string(rune('a' + c)))
		s.Step(now, room.Enter{Conn: c + 1, Announce: []byte("key"), Next: token, Life: "life"})
		m.Items = append(m.Items, wire.Item{Kind: wire.ItemRecord, To: wire.MemberIndex(c + 1), Data: make([]byte, record)})
	}
	text, err := wire.EncodeClient(m, 0)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		m, _, err := wire.DecodeClient(text)
		require.NoError(b, err)
		for _, e := range s.Step(now, room.Pass{Conn: 1, Items: m.(*wire.Sealed).Items}) {
			if d, ok := e.(room.Deliver); ok {
				n, _ := boxes[d.To].deliver(d.Items)
				require.Zero(b, n)
				boxes[d.To].take()
			}
		}
	}
}
