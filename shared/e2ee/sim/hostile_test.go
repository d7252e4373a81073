package sim_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sim"
)

// room returns a relay with members that are up with each other.
func room(t *testing.T, members int) (*sim.Relay, []*sim.Member) {
	t.Helper()
	r := sim.New(sim.Config{Latency: 30 * time.Millisecond})
	for range members {
		r.Join(right)
		r.Run(time.Second)
	}
	r.Run(2 * time.Second)
	all := r.Members()
	for _, a := range all {
		for _, b := range all {
			require.True(t, a == b || sim.Up(a, b))
		}
	}
	return r, all
}

// hears tells whether a frame of one member is opened by another, and that it is opened right.
func hears(t *testing.T, from, to *sim.Member) bool {
	t.Helper()
	sealed, err := from.Session.Seal(nil, e2ee.Frame{Stream: senderkey.Camera, Codec: envelope.VP9}, []byte("a picture"))
	if err != nil {
		require.ErrorIs(t, err, e2ee.ErrPaused)
		return false
	}
	got, id, err := to.Session.Open(nil, false, sealed)
	if err != nil {
		return false
	}
	assert.Equal(t, "a picture", string(got))
	assert.Equal(t, from.Index, id.Index)
	assert.Equal(t, senderkey.Camera, id.Stream)
	return true
}

func say(m *sim.Member, id uint64, text string) {
	m.Do(func(s *e2ee.Session, now time.Duration) { _ = s.Say(now, id, 0, text) })
}

// said returns what m was told by others.
func said(m *sim.Member) (out []e2ee.Said) {
	for _, e := range m.Events {
		if s, ok := e.(e2ee.Said); ok && s.From != m.Index {
			out = append(out, s)
		}
	}
	return out
}

func status(t *testing.T, m, other *sim.Member) e2ee.Status {
	t.Helper()
	got, known := m.Sees(other)
	require.True(t, known)
	return got
}

func TestARelayThatDropsKindsOfItemsKeepsMembersApartAndNoMore(t *testing.T) {
	for name, kind := range map[string]uint8{"HS1": e2ee.KindHS1, "HS2": e2ee.KindHS2, "HS3": e2ee.KindHS3, "records": e2ee.KindRecord} {
		t.Run(name, func(t *testing.T) {
			r := sim.New(sim.Config{Latency: 30 * time.Millisecond})
			ann := r.Join(right)
			drop := true
			r.Bend = func(i e2ee.Item) []e2ee.Item {
				if drop && i.Kind == kind {
					return nil
				}
				return []e2ee.Item{i}
			}
			bob := r.Join(right)
			r.Run(8 * time.Second)
			assert.False(t, hears(t, ann, bob))
			assert.False(t, hears(t, bob, ann))
			assert.Empty(t, said(bob))

			drop = false
			r.Run(2 * time.Minute)
			assert.True(t, sim.Up(ann, bob))
			assert.True(t, hears(t, ann, bob))
			assert.True(t, hears(t, bob, ann))
			assert.Equal(t, ann.Code(), bob.Code())
		})
	}
}

func TestARelayThatDelaysEverythingOnlyDelays(t *testing.T) {
	r := sim.New(sim.Config{Latency: 3 * time.Second})
	ann := r.Join(right)
	r.Run(time.Minute)
	bob := r.Join(right)
	r.Run(time.Minute)
	assert.True(t, sim.Up(ann, bob))
	assert.True(t, hears(t, ann, bob))
	assert.Equal(t, e2ee.AgreementSame, bob.State.Agreement)
}

func TestReplayedItemsSayNothingTwice(t *testing.T) {
	r, all := room(t, 3)
	var old []e2ee.Item
	r.Bend = func(i e2ee.Item) []e2ee.Item {
		old = append(old, i)
		return []e2ee.Item{i, i}
	}
	for i := range 10 {
		say(all[i%3], uint64(i), "once")
		r.Run(time.Second)
	}
	r.Bend = nil
	for range 3 {
		r.Inject(old...)
		r.Run(20 * time.Second)
	}
	r.Run(2 * time.Minute)
	for _, m := range all {
		seen := map[e2ee.Said]int{}
		for _, s := range said(m) {
			seen[s]++
		}
		for s, n := range seen {
			assert.Equal(t, 1, n, "%+v", s)
		}
		for _, other := range all {
			assert.True(t, m == other || sim.Up(m, other), "%d and %d", m.Index, other.Index)
		}
	}
	assert.True(t, hears(t, all[0], all[2]))
}

func TestItemsUnderAnotherNameSayNothing(t *testing.T) {
	r, all := room(t, 3)
	names := map[uint16]uint16{1: 2, 2: 1, 3: 3}
	r.Bend = func(i e2ee.Item) []e2ee.Item {
		i.From = names[i.From]
		return []e2ee.Item{i}
	}
	say(all[0], 1, "I am one")
	say(all[1], 2, "I am two")
	r.Run(10 * time.Second)
	assert.Empty(t, said(all[2]), "neither under its own name nor under another")
	r.Bend = nil
	r.Run(3 * time.Minute)
	assert.True(t, sim.Up(all[0], all[2]))
}

func TestChangedBytesOfHandshakesKeepMembersApart(t *testing.T) {
	for _, kind := range []uint8{e2ee.KindHS1, e2ee.KindHS2, e2ee.KindHS3} {
		r := sim.New(sim.Config{Latency: 30 * time.Millisecond})
		ann, bob := r.Join(right), r.Join(right)
		r.Bend = func(i e2ee.Item) []e2ee.Item {
			if i.Kind == kind {
				i.Data = slices.Clone(i.Data)
				i.Data[10] ^= 1
			}
			return []e2ee.Item{i}
		}
		r.Run(30 * time.Second)
		assert.False(t, sim.Up(ann, bob))
		assert.False(t, hears(t, ann, bob))
		assert.False(t, hears(t, bob, ann))
	}
}

// inventor is a relay that invents members, whose sessions it runs itself.
func inventor(r *sim.Relay, passphrase byte, count int) (ghosts []*sim.Member) {
	for range count {
		ghosts = append(ghosts, r.Join(passphrase))
	}
	return ghosts
}

func TestInventedMembersGetOneGuessOfAJoiner(t *testing.T) {
	r := sim.New(sim.Config{Latency: 30 * time.Millisecond})
	ghosts := inventor(r, wrong, 49)
	asked := map[uint16]bool{}
	r.Bend = func(i e2ee.Item) []e2ee.Item {
		if i.From == 50 && i.Kind == e2ee.KindHS1 {
			asked[i.To] = true
		}
		return []e2ee.Item{i}
	}
	r.Run(time.Second)
	ann := r.Join(right)
	require.EqualValues(t, 50, ann.Index)
	r.Run(2 * time.Minute)
	assert.Len(t, asked, 1)
	assert.Equal(t, e2ee.PhaseMismatch, ann.State.Phase)
	assert.Equal(t, ghosts[0].Index, ann.State.With)
	assert.False(t, ann.State.Sending)
	assert.Equal(t, 1, ann.State.Attempts)
	_, err := ann.Session.Seal(nil, e2ee.Frame{Stream: senderkey.Mic, Codec: envelope.Opus}, []byte("sound"))
	assert.ErrorIs(t, err, e2ee.ErrPaused)
}

func TestInventedMembersAreNotOnTheRoster(t *testing.T) {
	r, all := room(t, 2)
	before := all[0].Code()
	ghost := inventor(r, wrong, 1)[0]
	r.Run(time.Minute)
	for _, m := range all {
		assert.Equal(t, before, m.Code())
		assert.Equal(t, e2ee.PhaseUp, m.State.Phase)
		assert.NotEqual(t, e2ee.StatusUp, status(t, m, ghost))
		assert.False(t, hears(t, m, ghost))
		assert.False(t, hears(t, ghost, m))
	}
}

func TestAMemberWhoKnowsThePassphraseIsSeen(t *testing.T) {
	r, all := room(t, 2)
	before := all[0].Code()
	ghost := inventor(r, right, 1)[0]
	r.Run(5 * time.Second)
	for _, m := range all {
		assert.Equal(t, e2ee.StatusUp, status(t, m, ghost), "as a member, with the others")
		assert.NotEqual(t, before, m.Code())
	}
}

func TestASplitRoomPausesSendingUntilPeopleAccept(t *testing.T) {
	r, all := room(t, 3)
	ann, bob, cleo := all[0], all[1], all[2]
	r.Run(time.Minute)
	// To Ann, Cleo has left; Bob sees both.
	ann.Do(func(s *e2ee.Session, now time.Duration) { s.Left(now, cleo.Index) })
	r.Run(4 * time.Second)
	assert.Equal(t, e2ee.AgreementUpdating, bob.State.Agreement)
	assert.Equal(t, e2ee.PhaseUp, bob.State.Phase)
	r.Run(2 * time.Second)
	for _, m := range []*sim.Member{ann, bob} {
		assert.Equal(t, e2ee.PhaseSplit, m.State.Phase)
		assert.Equal(t, e2ee.AgreementDiffer, m.State.Agreement)
		assert.False(t, m.State.Sending)
		_, err := m.Session.Seal(nil, e2ee.Frame{Stream: senderkey.Mic, Codec: envelope.Opus}, []byte("sound"))
		assert.ErrorIs(t, err, e2ee.ErrPaused)
		m.Do(func(s *e2ee.Session, now time.Duration) {
			assert.ErrorIs(t, s.Say(now, 1, 0, "who is there?"), e2ee.ErrPaused)
		})
	}
	assert.NotEqual(t, ann.Code(), bob.Code())
	bob.Do(func(s *e2ee.Session, now time.Duration) { s.Accept(now) })
	assert.True(t, bob.State.Sending)
	assert.Equal(t, e2ee.AgreementDiffer, bob.State.Agreement, "it is said for as long as it is true")
	r.Run(time.Second)
	assert.True(t, bob.State.Sending)
}

func TestSubstitutedIdentitiesFailWithoutThePassphrase(t *testing.T) {
	r := sim.New(sim.Config{Latency: 30 * time.Millisecond})
	other, err := e2ee.NewSession(e2ee.Config{Rand: slowRand{}})
	require.NoError(t, err)
	r.Name = func(to *sim.Member, m e2ee.Member) (e2ee.Member, bool) {
		if m.Index == 2 {
			m.Announce = other.Announce()
		}
		return m, true
	}
	ann, bob := r.Join(right), r.Join(right)
	r.Run(30 * time.Second)
	assert.NotEqual(t, e2ee.StatusUp, status(t, ann, bob))
	assert.NotEqual(t, e2ee.StatusUp, status(t, bob, ann))
	assert.False(t, hears(t, ann, bob))
	assert.False(t, hears(t, bob, ann))
	assert.NotEqual(t, e2ee.PhaseUp, ann.State.Phase)
	assert.Equal(t, e2ee.PhaseMismatch, bob.State.Phase, "which is also how a relay that meddles looks")
}

// slowRand is randomness of a relay.
type slowRand struct{}

func (slowRand) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(37*i + 11)
	}
	return len(b), nil
}

// impostor is a session that the relay runs in the place of a member, towards a victim.
type impostor struct {
	relay      *sim.Relay
	session    *e2ee.Session
	as, victim *sim.Member
	inbox      []e2ee.Item
}

// run does what has come up.
func (i *impostor) run() {
	for len(i.inbox) > 0 {
		item := i.inbox[0]
		i.inbox = i.inbox[1:]
		i.session.Receive(i.relay.Now(), item)
		i.post()
	}
	i.session.Tick(i.relay.Now())
	i.post()
}

func (i *impostor) post() {
	for _, item := range i.session.Take().Items {
		item.From = i.as.Index
		i.relay.Inject(item)
	}
}

func TestARelayInTheMiddleThatKnowsThePassphraseShowsInTheCode(t *testing.T) {
	r := sim.New(sim.Config{Latency: 30 * time.Millisecond})
	var middle []*impostor
	announce := map[uint16][]byte{}
	sessions := map[uint16]*e2ee.Session{}
	for index := uint16(1); index <= 2; index++ { // in the place of this member
		s, err := e2ee.NewSession(e2ee.Config{Realm: "meet.example", Room: sim.Room, PRS: sim.PRS(right), Rand: &countRand{byte(index)}})
		require.NoError(t, err)
		sessions[index], announce[index] = s, s.Announce()
	}
	r.Name = func(to *sim.Member, m e2ee.Member) (e2ee.Member, bool) {
		m.Announce = announce[m.Index]
		return m, true
	}
	r.Bend = func(item e2ee.Item) []e2ee.Item {
		for _, i := range middle {
			if item.From == i.victim.Index {
				i.inbox = append(i.inbox, item)
			}
		}
		return nil
	}
	ann, bob := r.Join(right), r.Join(right)
	for _, pair := range [][2]*sim.Member{{ann, bob}, {bob, ann}} {
		victim, as := pair[0], pair[1]
		i := &impostor{relay: r, session: sessions[as.Index], as: as, victim: victim}
		i.session.Welcome(0, as.Index, []e2ee.Member{{Index: victim.Index, Announce: victim.Session.Announce()}})
		i.post()
		middle = append(middle, i)
	}
	for range 100 {
		r.Run(50 * time.Millisecond)
		for _, i := range middle {
			i.run()
		}
	}
	require.Equal(t, e2ee.StatusUp, status(t, ann, bob), "each is up with the relay")
	require.Equal(t, e2ee.StatusUp, status(t, bob, ann))
	require.Len(t, ann.Code(), 35)
	require.Len(t, bob.Code(), 35)
	assert.NotEqual(t, ann.Code(), bob.Code(), "which is what the code is for")
	assert.False(t, hears(t, ann, bob), "frames have to be sealed anew")
}

// countRand is randomness that differs by its seed.
type countRand struct{ n byte }

func (c *countRand) Read(b []byte) (int, error) {
	for i := range b {
		c.n = c.n*5 + 113
		b[i] = c.n ^ byte(i)
	}
	return len(b), nil
}

func TestTwentyWrongGuessesLockUntilPeopleSaySo(t *testing.T) {
	r, all := room(t, 2)
	guesses := 0
	r.Bend = func(i e2ee.Item) []e2ee.Item {
		if i.Kind == e2ee.KindHS2 && i.From == 1 {
			guesses++
		}
		return []e2ee.Item{i}
	}
	var perMinute []int
	for range 8 {
		before := guesses
		for range 20 { // one after the other, each as a member of its own
			ghost := r.Join(wrong)
			r.Run(2 * time.Second)
			ghost.Leave()
			r.Run(time.Second)
		}
		perMinute = append(perMinute, guesses-before)
	}
	for _, n := range perMinute {
		assert.LessOrEqual(t, n, 6)
	}
	assert.Equal(t, 20, guesses)
	assert.Equal(t, e2ee.PhaseLocked, all[0].State.Phase)
	assert.Equal(t, 20, all[0].State.Attempts)
	assert.True(t, hears(t, all[0], all[1]), "who is up stays up")

	late := r.Join(right)
	r.Run(10 * time.Second)
	assert.NotEqual(t, e2ee.StatusUp, status(t, all[0], late))
	all[0].Do(func(s *e2ee.Session, now time.Duration) { s.Unlock(now) })
	r.Run(30 * time.Second)
	assert.True(t, sim.Up(all[0], late))
}
