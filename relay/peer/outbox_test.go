package peer

import (
	"fmt"
	"testing"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// items are n items of from with so many bytes each, counted in their first.
func items(from wire.MemberIndex, n, size int) []wire.Item {
	out := make([]wire.Item, n)
	for i := range out {
		out[i] = wire.Item{Kind: wire.ItemRecord, From: from, To: 1, Data: make([]byte, size)}
		out[i].Data[0] = byte(i)
	}
	return out
}

// queued returns what waits, in words: "text", or the senders and counts of items, "2.0 2.1 3.0".
func queued(t *testing.T, o *outbox) []string {
	var out []string
	all, _ := o.take()
	for _, it := range all {
		if it.items == 0 {
			out = append(out, string(it.text))
			continue
		}
		m, _, err := wire.DecodeServer(it.text)
		require.NoError(t, err)
		s := m.(*wire.Sealed)
		assert.Len(t, s.Items, it.items)
		words := ""
		for _, x := range s.Items {
			words += fmt.Sprintf("%d.%d ", x.From, x.Data[0])
		}
		out = append(out, words[:len(words)-1])
	}
	return out
}

func dropped(t *testing.T, o *outbox, of []wire.Item, why wire.Code) int {
	n, reason := o.deliver(of)
	if n > 0 {
		assert.Equal(t, why, reason)
	}
	return n
}

func TestItemsThatWaitAreOneMessage(t *testing.T) {
	o := newOutbox()
	assert.Zero(t, dropped(t, o, items(2, 2, 10), ""))
	assert.Zero(t, dropped(t, o, items(3, 1, 10), ""))
	assert.False(t, o.put(item{text: []byte("text")}))
	assert.Zero(t, dropped(t, o, items(2, 1, 10), ""))
	assert.Equal(t, []string{"2.0 2.1 3.0", "text", "2.0"}, queued(t, o), "nothing overtakes anything")

	for m := range wire.MemberIndex(10) {
		assert.Zero(t, dropped(t, o, items(m+1, 7, 4000), ""))
	}
	all, _ := o.take()
	for _, it := range all {
		assert.LessOrEqual(t, len(it.text), sealedSize)
	}
	assert.Len(t, all, 70/(sealedSize/4010)+1)

	for m := range wire.MemberIndex(2) {
		assert.Zero(t, dropped(t, o, items(m+1, wire.MaxItems, 1), ""))
	}
	all, _ = o.take()
	assert.Len(t, all, 2)
	for _, it := range all {
		assert.Equal(t, wire.MaxItems, it.items)
	}
}

func TestEachMemberHasAShareOfTheQueue(t *testing.T) {
	o := newOutbox()
	const fit = wire.MaxShare / 1010
	assert.Equal(t, 40-fit, dropped(t, o, items(2, 40, 1000), wire.CodeSlow))
	assert.Equal(t, 1, dropped(t, o, items(2, 1, 1000), wire.CodeSlow))
	assert.Zero(t, dropped(t, o, items(3, fit, 1000), ""), "another's")
	o.take()
	assert.Zero(t, dropped(t, o, items(2, fit, 1000), ""), "what was taken does not count")
}

func TestItemsNeverEndAQueue(t *testing.T) {
	o := newOutbox()
	for range wire.MaxQueue {
		assert.False(t, o.put(item{text: []byte("text")}))
	}
	assert.Zero(t, dropped(t, o, items(2, 3, 10), ""), "they have a queue beside it")
	_, ended := o.over()
	assert.False(t, ended)
	o.take()

	for n := range wire.MaxQueue { // each begins a message of its own
		assert.False(t, o.put(item{text: []byte("text")}), "after %d", n)
		assert.Zero(t, dropped(t, o, items(2, 1, 10), ""))
	}
	assert.Equal(t, wire.MaxQueue, o.sealed)
	o.items = append(o.items, item{text: []byte("text")}) // so that no message can grow
	assert.Equal(t, 3, dropped(t, o, items(3, 3, 10), wire.CodeSlow))
	o.items = o.items[:len(o.items)-1]
	_, ended = o.over()
	assert.False(t, ended)
	assert.True(t, o.end(nil))
	assert.Equal(t, 3, dropped(t, o, items(2, 3, 10), wire.CodeNobody))
}

func TestItemsAreLimitedByTheirNumberAndTheirBytes(t *testing.T) {
	now := time.Unix(1000, 0)
	l := newLimiter()
	assert.Equal(t, pass, l.judgeItems(now, wire.ItemBurst, 1))
	assert.Equal(t, warn, l.judgeItems(now, 1, 1))
	assert.Equal(t, drop, l.judgeItems(now, 1, 1))
	assert.Equal(t, pass, l.judge(now), "JSON is counted apart")
	now = now.Add(time.Second)
	assert.Equal(t, pass, l.judgeItems(now, wire.ItemRate, 1))

	l = newLimiter()
	for range wire.SealedBurst / wire.MaxMessage {
		assert.Equal(t, pass, l.judgeItems(now, 1, wire.MaxMessage))
	}
	assert.Equal(t, warn, l.judgeItems(now, 1, 1))
	now = now.Add(time.Second)
	assert.Equal(t, pass, l.judgeItems(now, 1, wire.SealedRate))
	assert.Equal(t, warn, l.judgeItems(now, 1, 1))
	assert.Equal(t, drop, l.judgeItems(now, wire.ItemBurst, 1))
	now = now.Add(time.Second)
	assert.Equal(t, pass, l.judgeItems(now, wire.ItemBurst, 1), "what was dropped cost nothing")

	l = newLimiter()
	for begun := now; ; now = now.Add(50 * time.Millisecond) { // 8000 items a second
		if l.judgeItems(now, wire.ItemBurst, 1) == quit {
			assert.Equal(t, ratePatience+50*time.Millisecond, now.Sub(begun))
			break
		}
		require.Less(t, now.Sub(begun), 2*ratePatience)
	}
}

// TestARoomOfAHundredBeginsWithinTheLimits plays what a member says when all come at once: a handshake with each of the
// others (e2ee.md, 6), whose end comes with the keys, then their acknowledgement and the profile.
func TestARoomOfAHundredBeginsWithinTheLimits(t *testing.T) {
	const others = 99
	now := time.Unix(1000, 0)
	l := newLimiter()
	say := func(n, size int) {
		var all []wire.Item
		for i := range n {
			all = append(all, wire.Item{To: wire.MemberIndex(i + 1), Data: make([]byte, size)})
		}
		for _, m := range wire.Pack(all) {
			b, err := wire.EncodeClient(m, 0)
			require.NoError(t, err)
			assert.Equal(t, pass, l.judgeItems(now, len(m.Items), len(b)))
		}
	}
	for _, size := range []int{1230, 220, 100, 200} {
		say(others, size)
	}
}
