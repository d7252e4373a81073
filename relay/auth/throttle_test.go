package auth

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// door is a throttle with a clock.
type door struct {
	t   *testing.T
	th  *throttle
	now time.Time
}

func newDoor(t *testing.T) *door { return &door{t: t, th: newThrottle(), now: start} }

func (d *door) passes(t time.Duration) { d.now = d.now.Add(t) }

func (d *door) at(name Name, from string) who {
	return who{name: name, from: place(netip.MustParseAddr(from))}
}

// tries counts a wrong try and returns how long to wait instead, 0 if it counted.
func (d *door) tries(name Name, from string) time.Duration {
	_, wait := d.th.take(d.now, d.at(name, from))
	return wait
}

// enters is a try with the right password.
func (d *door) enters(name Name, from string) {
	d.t.Helper()
	y, wait := d.th.take(d.now, d.at(name, from))
	require.Zero(d.t, wait)
	d.th.giveBack(y)
	d.th.welcome(y)
}

func TestAnAccountHasFiveTriesAMinute(t *testing.T) {
	d := newDoor(t)
	for i := range triesPerAccount {
		assert.Zero(t, d.tries("ann", fmt.Sprintf("192.0.%d.1", i)))
		d.passes(time.Second)
	}
	assert.Equal(t, 55*time.Second, d.tries("ann", "203.0.113.1"), "until a minute after the first")
	assert.Zero(t, d.tries("bob", "203.0.113.1"), "another account is not meant")
	d.passes(55 * time.Second)
	assert.Zero(t, d.tries("ann", "203.0.113.1"))
	assert.Equal(t, time.Second, d.tries("ann", "203.0.113.1"), "and then until a minute after the second")
}

func TestAnAddressHasTwentyTriesAMinute(t *testing.T) {
	tests := []struct {
		name         string
		guesser      string
		same, others []string
	}{
		{"an IPv4 address is counted with its /24", "192.0.2.1",
			[]string{"192.0.2.1", "192.0.2.254", "::ffff:192.0.2.9"}, []string{"192.0.3.1", "2001:db8::1"}},
		{"an IPv6 address is counted with its /64", "2001:db8:1:2::1",
			[]string{"2001:db8:1:2:ffff::1", "2001:db8:1:2::1%eth0"}, []string{"2001:db8:1:3::1", "192.0.2.1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDoor(t)
			for i := range triesPerPlace {
				assert.Zero(t, d.tries(Name(fmt.Sprint("user", i)), tt.guesser))
			}
			for _, from := range tt.same {
				assert.Equal(t, tryPeriod, d.tries("ann", from), from)
			}
			for _, from := range tt.others {
				assert.Zero(t, d.tries("ann", from), from)
			}
		})
	}
}

func TestAnAddressThatMustWaitDoesNotUseUpAnAccount(t *testing.T) {
	d := newDoor(t)
	for i := range triesPerPlace {
		d.tries(Name(fmt.Sprint("user", i)), "192.0.2.1")
	}
	for range 100 {
		assert.NotZero(t, d.tries("ann", "192.0.2.1"))
	}
	for range triesPerAccount {
		assert.Zero(t, d.tries("ann", "198.51.100.1"))
	}
}

func TestAHostGetsInFromAFamiliarPlaceWhileTheAccountIsUnderAttack(t *testing.T) {
	d := newDoor(t)
	d.enters("ann", "192.0.2.1")
	for minute := range 30 {
		for i := range 200 {
			d.tries("ann", fmt.Sprintf("10.%d.%d.1", minute, i))
		}
		require.NotZero(t, d.tries("ann", "198.51.100.1"), "a new place has to wait")
		d.enters("ann", "192.0.2.200")
		d.passes(time.Minute)
	}
}

func TestAFamiliarPlaceHasFiveTriesToo(t *testing.T) {
	d := newDoor(t)
	d.enters("ann", "192.0.2.1")
	for range triesPerAccount {
		assert.Zero(t, d.tries("ann", "192.0.2.1"))
	}
	assert.Equal(t, tryPeriod, d.tries("ann", "192.0.2.1"))
	assert.Zero(t, d.tries("bob", "192.0.2.1"))
}

func TestAPlaceDoesNotStayFamiliarForEver(t *testing.T) {
	d := newDoor(t)
	d.enters("ann", "192.0.2.1")
	d.passes(familiarFor)
	for i := range triesPerAccount {
		d.tries("ann", fmt.Sprintf("10.0.%d.1", i))
	}
	assert.NotZero(t, d.tries("ann", "192.0.2.1"))
}

func TestWhoKnowsThePasswordIsNotCounted(t *testing.T) {
	d := newDoor(t)
	for range 10 * triesPerPlace {
		d.enters("ann", "192.0.2.1")
	}
	for range triesPerAccount {
		assert.Zero(t, d.tries("bob", "192.0.2.1"))
	}
}

func TestAnOwnAccountDoesNotHelpToGuessAnother(t *testing.T) {
	d := newDoor(t)
	counted := 0
	for i := range 100 {
		if d.tries(Name(fmt.Sprint("user", i)), "192.0.2.1") == 0 {
			counted++
		}
		if y, wait := d.th.take(d.now, d.at("mallory", "192.0.2.1")); wait == 0 {
			d.th.giveBack(y)
			d.th.welcome(y)
		}
		d.passes(100 * time.Millisecond)
	}
	assert.Equal(t, triesPerPlace, counted)
}

func TestAClockThatGoesBackClosesNothingForLong(t *testing.T) {
	d := newDoor(t)
	for range triesPerAccount {
		d.tries("ann", "192.0.2.1")
	}
	d.passes(-24 * time.Hour)
	assert.LessOrEqual(t, d.tries("ann", "192.0.2.1"), tryPeriod)
}

func TestTheThrottleStaysSmall(t *testing.T) {
	d := newDoor(t)
	addr := netip.MustParseAddr("10.0.0.1")
	for i := range 2 * maxTracked {
		b := addr.As4()
		b[1], b[2] = byte(i>>8), byte(i)
		w := who{name: Name(fmt.Sprint("user", i)), from: place(netip.AddrFrom4(b))}
		y, _ := d.th.take(d.now, w)
		d.th.welcome(y)
		d.th.take(d.now, w) // now from a familiar place
		d.passes(time.Millisecond)
	}
	for name, n := range map[string]int{
		"places": len(d.th.places.keys), "accounts": len(d.th.accounts.keys),
		"familiar": len(d.th.familiar.keys), "familiar places": len(d.th.since),
		"order of places": d.th.places.order.Len(), "order of accounts": d.th.accounts.order.Len(),
	} {
		assert.Equal(t, maxTracked, n, name)
	}
	d.passes(tryPeriod)
	d.tries("ann", "192.0.2.1")
	assert.Len(t, d.th.accounts.keys, 1, "a full table is emptied of what is over")
}

func TestAFullTableForgetsTheOldestFirst(t *testing.T) {
	y := newTally[int](1)
	for i := range maxTracked {
		y.add(start.Add(time.Duration(i)*time.Millisecond), i)
	}
	now := start.Add(10 * time.Second)
	y.add(now, maxTracked)
	assert.Zero(t, y.wait(now, 0))
	assert.NotZero(t, y.wait(now, 1))
	assert.NotZero(t, y.wait(now, maxTracked))
}

func BenchmarkThrottleUnderAttack(b *testing.B) {
	th := newThrottle()
	now := start
	for i := 0; b.Loop(); i++ {
		a := netip.AddrFrom4([4]byte{byte(i >> 16), byte(i >> 8), byte(i), 1})
		th.take(now, who{name: Name(fmt.Sprint(i)), from: place(a)})
		now = now.Add(time.Microsecond)
	}
}
