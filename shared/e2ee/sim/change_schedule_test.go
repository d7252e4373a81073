package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/sim"
)

// changing is a room in which anybody changes the passphrase at any time, and whose members take a while to adopt what
// they are told.
type changing struct {
	*sim.Relay
	changed  time.Duration // when somebody did last
	secrets  map[string]byte
	answered map[*sim.Member]int // events that were looked at
}

// run lets time pass; what members are asked they answer within a second.
func (c *changing) run(d time.Duration) {
	for end := c.Now() + d; c.Now() < end; {
		c.Run(50 * time.Millisecond)
		for _, m := range c.Members() {
			for ; c.answered[m] < len(m.Events); c.answered[m]++ {
				asked, ok := m.Events[c.answered[m]].(e2ee.PassphraseOffered)
				if !ok {
					continue
				}
				c.After(time.Duration(100+c.Rand().IntN(900))*time.Millisecond, func() {
					m.Do(func(s *e2ee.Session, now time.Duration) {
						_ = s.Adopt(now, asked.Epoch, asked.Text, sim.PRS(c.secrets[asked.Text])) // another may hold by then
					})
				})
			}
		}
	}
}

func (c *changing) change(m *sim.Member) {
	n := byte(len(c.secrets) + 10)
	text := fmt.Sprint(c.Rand().IntN(1000), " passphrase ", n)
	c.secrets[text] = n
	m.Do(func(s *e2ee.Session, now time.Duration) { _ = s.Change(now, sim.PRS(n), text) })
}

// act is one thing that happens.
func (c *changing) act() {
	members := c.Members()
	m := members[c.Rand().IntN(len(members))]
	switch dice := c.Rand().IntN(100); {
	case dice < 20:
		if c.Now() < c.changed+15*time.Second {
			return // who misses two in a row has to type the newest
		}
		c.changed = c.Now()
		c.change(m)
		if other := members[c.Rand().IntN(len(members))]; dice < 6 && other != m { // who has not heard of it
			c.change(other)
		}
	case dice < 50:
		if !m.Online() {
			return
		}
		m.Disconnect(time.Duration(c.Rand().IntN(3000)) * time.Millisecond)
		c.After(time.Duration(c.Rand().IntN(8000))*time.Millisecond, m.Reconnect)
	}
}

// If a wrong tag did not have the passphrase before tried next (differs), 32 of the first 400 schedules would end apart.
func TestWhateverIsChangedAllEndWithOnePassphrase(t *testing.T) {
	for _, seed := range seeds(t) {
		t.Run(fmt.Sprintf("schedule %d", seed), func(t *testing.T) {
			r := sim.New(sim.Config{Seed: seed, Latency: 50 * time.Millisecond, Jitter: 40 * time.Millisecond})
			c := &changing{Relay: r, secrets: map[string]byte{"": right}, answered: map[*sim.Member]int{}}
			for range 5 {
				r.Join(right)
				c.run(time.Second)
			}
			for end := r.Now() + 40*time.Second; r.Now() < end; {
				c.act()
				c.run(time.Duration(1+r.Rand().IntN(40)) * 50 * time.Millisecond)
			}
			for _, m := range r.Members() {
				m.Reconnect()
			}
			c.run(time.Minute)
			all := r.Members()
			for _, m := range all {
				assert.Equal(t, newest(all[0]), newest(m), "%d", m.Index)
				for _, other := range all {
					assert.True(t, m == other || sim.Up(m, other), "%d and %d", m.Index, other.Index)
				}
			}
			late := r.Join(c.secrets[newest(all[0])])
			c.run(10 * time.Second)
			for _, m := range all {
				assert.True(t, sim.Up(m, late), "%d", m.Index)
			}
			t.Logf("%d changes", len(c.secrets)-1)
		})
	}
}
