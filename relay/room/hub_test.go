package room

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listener notes the effects of all rooms.
type listener struct {
	mu  sync.Mutex
	log []string
}

func (l *listener) do(room string, e Effect) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.log = append(l.log, fmt.Sprintf("%s %T", room, e))
}

func (l *listener) heard() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.log
	l.log = nil
	return out
}

func get(t *testing.T, h *Hub, name string) *Loop {
	l, err := h.Get(name)
	require.NoError(t, err)
	return l
}

func TestRoomsLiveWhileSomebodyIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard listener
		h := NewHub(Config{Do: heard.do})
		defer h.Close()
		a, b := get(t, h, "a"), get(t, h, "b")
		assert.Same(t, a, get(t, h, "a"))
		a.Release()
		assert.Equal(t, 2, h.Rooms())

		require.NoError(t, a.Post(t.Context(), Enter{Conn: 1, Host: true, Next: "t", Life: "l"}))
		a.Release()
		b.Release()
		synctest.Wait()
		assert.Equal(t, []string{"a room.Admit"}, heard.heard())
		assert.Equal(t, 1, h.Rooms(), "b is empty and nobody uses it")

		a = get(t, h, "a")
		require.NoError(t, a.Post(t.Context(), Lose{Conn: 1}))
		a.Release()
		time.Sleep(wire.SeatTime - time.Millisecond) // virtual
		synctest.Wait()
		assert.Equal(t, 1, h.Rooms(), "the seat is kept")
		time.Sleep(time.Millisecond)
		synctest.Wait()
		assert.Equal(t, 0, h.Rooms())
		assert.Equal(t, []string{"a room.Remove", "a room.Close"}, heard.heard())
	})
}

func TestAClosedHubTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard listener
		h := NewHub(Config{Do: heard.do})
		l := get(t, h, "a")
		h.Close()
		h.Close()
		_, err := h.Get("a")
		require.ErrorIs(t, err, ErrClosed)
		for range inboxSize {
			if err = l.Post(t.Context(), Tick{}); err != nil {
				break
			}
		}
		err = l.Post(t.Context(), Tick{})
		for err == nil { // a place in the inbox may win over the closed hub, but not for ever
			err = l.Post(t.Context(), Tick{})
		}
		require.ErrorIs(t, err, ErrClosed)
	})
}

func TestPostEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		h := NewHub(Config{Do: func(string, Effect) { <-hold }})
		l := get(t, h, "a")
		for range inboxSize + 1 { // one is being handled, the others wait
			require.NoError(t, l.Post(t.Context(), Enter{Conn: 1, Next: "t", Life: "l"}))
			synctest.Wait()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, l.Post(ctx, Tick{}), context.DeadlineExceeded)
		close(hold)
		h.Close()
	})
}

func TestAFaultEndsOneRoomOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard listener
		h := NewHub(Config{Do: func(room string, e Effect) {
			heard.do(room, e)
			if s, ok := e.(Send); ok && room == "a" {
				if _, chat := s.Msg.(*wire.Chat); chat {
					panic("fault")
				}
			}
		}})
		defer h.Close()
		a, b := get(t, h, "a"), get(t, h, "b")
		for _, l := range []*Loop{a, b} {
			require.NoError(t, l.Post(t.Context(), Enter{Conn: 1, Host: true, Next: "t", Life: "l"}))
			require.NoError(t, l.Post(t.Context(), Say{Conn: 1, Text: "x"}))
		}
		synctest.Wait()
		assert.ElementsMatch(t, []string{
			"a room.Admit", "b room.Admit", "a room.Send", "b room.Send", "a room.End", "a room.Close",
		}, heard.heard())
		a.Release()
		b.Release()
		synctest.Wait()
		assert.Equal(t, 1, h.Rooms())
	})
}

// TestManyComeAndGo lets connections race for a few rooms: none is lost, and none is left.
func TestManyComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard listener
		h := NewHub(Config{Opening: Anyone, Do: heard.do})
		defer h.Close()
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				c := Conn(i + 1)
				l, err := h.Get(fmt.Sprint(i % 3))
				if assert.NoError(t, err) {
					defer l.Release()
					assert.NoError(t, l.Post(t.Context(), Enter{Conn: c, Next: Token(fmt.Sprint(i)), Life: Life(fmt.Sprint(i))}))
					assert.NoError(t, l.Post(t.Context(), Leave{Conn: c, Why: wire.CodeLeft}))
				}
			})
		}
		wg.Wait()
		synctest.Wait()
		assert.Equal(t, 0, h.Rooms())
		count := map[string]int{}
		for _, e := range heard.heard() {
			count[e[2:]]++
		}
		assert.Equal(t, 200, count["room.Admit"])
		assert.Equal(t, 200, count["room.Remove"])
		assert.Equal(t, 200, count["room.End"])
	})
}
