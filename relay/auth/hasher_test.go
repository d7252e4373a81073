package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// slowHasher returns a hasher whose hashes end when release is closed, and the
// number of those under way.
func slowHasher(t *testing.T, slots int) (h *hasher, release chan struct{}, running *atomic.Int64) {
	h, err := newHasher(cheap, slots, rand.Reader)
	require.NoError(t, err)
	release, running = make(chan struct{}), &atomic.Int64{}
	h.derive = func(_, _ []byte, _ Params, size int) []byte {
		running.Add(1)
		<-release
		running.Add(-1)
		return make([]byte, size)
	}
	return h, release, running
}

func TestNoMoreHashesRunThanThereAreSlotsAndTheQueueEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slots = 3
		h, release, running := slowHasher(t, slots)
		var done, busy atomic.Int64
		for range 200 {
			go func() {
				_, err := h.make(t.Context(), []byte(right))
				switch {
				case err == nil:
					done.Add(1)
				case errors.Is(err, ErrBusy):
					busy.Add(1)
				}
			}()
		}
		synctest.Wait()
		assert.EqualValues(t, slots, running.Load())
		assert.EqualValues(t, 200-slots*(1+queuePerSlot), busy.Load(), "the rest is refused at once")
		assert.EqualValues(t, busy.Load(), h.busy.Load())
		close(release)
		synctest.Wait()
		assert.EqualValues(t, slots*(1+queuePerSlot), done.Load(), "whoever waited is served")
		assert.Zero(t, running.Load())
	})
}

func TestABusyHasherSaysWhenToComeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, release, _ := slowHasher(t, 1)
		for range 1 + queuePerSlot {
			go func() { _, _ = h.make(t.Context(), nil) }()
		}
		synctest.Wait()
		_, _, err := h.check(t.Context(), "", []byte(right))
		var e *Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, "srv.busy", e.Code)
		assert.Equal(t, busyRetry, e.RetryAfter)
		close(release)
	})
}

func TestWhoGivesUpLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, release, running := slowHasher(t, 1)
		go func() { _, _ = h.make(t.Context(), nil) }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error)
		go func() {
			_, err := h.make(ctx, nil)
			failed <- err
		}()
		synctest.Wait()
		assert.Len(t, h.queue, 2)
		cancel()
		require.ErrorIs(t, <-failed, context.Canceled)
		assert.Len(t, h.queue, 1)
		assert.EqualValues(t, 1, running.Load())
		close(release)
		synctest.Wait()
		assert.Empty(t, h.queue)
		assert.Empty(t, h.slots)
	})
}

func TestAPasswordHashedWithOtherParametersGetsAFreshHash(t *testing.T) {
	old, err := newHasher(cheap, 1, rand.Reader)
	require.NoError(t, err)
	stored, err := old.make(t.Context(), []byte(right))
	require.NoError(t, err)
	dearer := cheap
	dearer.Time++
	h, err := newHasher(dearer, 1, rand.Reader)
	require.NoError(t, err)

	ok, fresh, err := h.check(t.Context(), stored.String(), []byte(wrong))
	require.NoError(t, err)
	assert.False(t, ok)
	assert.Empty(t, fresh)

	ok, fresh, err = h.check(t.Context(), stored.String(), []byte(right))
	require.NoError(t, err)
	require.True(t, ok)
	made, err := parsePHC(fresh)
	require.NoError(t, err)
	assert.Equal(t, dearer, made.Params)

	ok, again, err := h.check(t.Context(), fresh, []byte(right))
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Empty(t, again, "a hash with the right parameters stays")
}

func TestAHasherNeedsRandomness(t *testing.T) {
	_, err := newHasher(cheap, 1, iotest.ErrReader(errors.New("no entropy")))
	require.ErrorContains(t, err, "no entropy")
}
