package sim_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sim"
)

// secretText begins everything that is said in these tests.
const secretText = "between us: "

// bend makes a relay hostile that keeps all it sees, and checks at the end of the test that nothing can be read in it.
func bend(t *testing.T, r *sim.Relay, how func(e2ee.Item) []e2ee.Item) (seen *[]e2ee.Item) {
	t.Helper()
	seen = new([]e2ee.Item)
	r.Bend = func(i e2ee.Item) []e2ee.Item {
		*seen = append(*seen, i)
		if how == nil {
			return []e2ee.Item{i}
		}
		return how(i)
	}
	t.Cleanup(func() {
		for _, i := range *seen {
			assert.NotContains(t, string(i.Data), secretText[:7])
		}
	})
	return seen
}

// stop ends what a relay does to items, but not that it keeps them.
func stop(r *sim.Relay) { r.Bend = nil }

// frameOf seals a frame of m's.
func frameOf(t *testing.T, m *sim.Member) []byte {
	t.Helper()
	sealed, err := m.Session.Seal(nil, e2ee.Frame{Stream: senderkey.Camera, Codec: envelope.VP9}, []byte("a picture"))
	require.NoError(t, err)
	return sealed
}

// opens tells whether a session opens a frame.
func opens(s *e2ee.Session, sealed []byte) bool {
	_, _, err := s.Open(nil, false, sealed)
	return err == nil
}

// profile gives m a name.
func profile(t *testing.T, m *sim.Member, name string) {
	t.Helper()
	m.Do(func(s *e2ee.Session, now time.Duration) { require.NoError(t, s.Profile(now, e2ee.Profile{Name: name})) })
}

// nameOf is what m calls the member with an index.
func nameOf(m *sim.Member, index uint16) string {
	for _, p := range m.State.Peers {
		if p.Index == index {
			return p.Profile.Name
		}
	}
	return ""
}

func TestForgedAbortsOnlyDelay(t *testing.T) {
	for reason := range byte(6) {
		for _, epoch := range []byte{0, 255} {
			if epoch > 0 && reason != 2 {
				continue // only the reason "my epoch is not yours" reads it
			}
			r := sim.New(sim.Config{Latency: 30 * time.Millisecond})
			bend(t, r, func(i e2ee.Item) []e2ee.Item {
				forged := func(from, to uint16) e2ee.Item {
					return e2ee.Item{Kind: e2ee.KindAbort, From: from, To: to, Data: []byte{reason, epoch}}
				}
				return []e2ee.Item{forged(i.From, i.To), i, forged(i.To, i.From)}
			})
			ann, bob := r.Join(right), r.Join(right)
			r.Run(5 * time.Second)
			say(ann, 1, secretText+"one")
			r.Run(5 * time.Second)
			for _, m := range []*sim.Member{ann, bob} {
				for _, s := range m.States {
					require.NotEqual(t, e2ee.PhaseSplit, s.Phase)
				}
			}
			stop(r)
			for _, m := range []*sim.Member{ann, bob} {
				m.Do(func(s *e2ee.Session, now time.Duration) {
					s.Unlock(now) // forged ends count as guesses, for nobody can tell
					if m.State.Phase == e2ee.PhaseMismatch {
						s.Retry(now, sim.PRS(right)) // which people do who are told that passphrases differ
					}
				})
			}
			r.Run(time.Minute)
			assert.True(t, sim.Up(ann, bob), "reason %d, epoch %d: %v, %v", reason, epoch, ann.State, bob.State)
			assert.True(t, hears(t, ann, bob))
		}
	}
}

func TestWhoIsSaidToBeAwayIsNotHeardAnymoreAndIsBackWhenTheLieEnds(t *testing.T) {
	r, all := room(t, 2)
	ann, bob := all[0], all[1]
	ann.Do(func(s *e2ee.Session, now time.Duration) { s.Away(now, bob.Index, true) })
	assert.Equal(t, e2ee.StatusReconnecting, status(t, ann, bob))
	r.Run(2 * time.Minute)
	assert.NotEqual(t, e2ee.StatusUp, status(t, ann, bob))
	assert.False(t, hears(t, ann, bob), "she tells no key to who is away, whatever he sends")
	ann.Do(func(s *e2ee.Session, now time.Duration) { s.Away(now, bob.Index, false) })
	r.Run(20 * time.Second)
	assert.True(t, sim.Up(ann, bob))
	assert.True(t, hears(t, ann, bob))
	assert.True(t, hears(t, bob, ann))
}

func TestAMemberThatIsSaidToHaveLeftAndComeAgainStartsAnew(t *testing.T) {
	r, all := room(t, 2)
	ann, bob := all[0], all[1]
	before := frameOf(t, bob)
	require.True(t, opens(ann.Session, before))
	for range 5 {
		ann.Do(func(s *e2ee.Session, now time.Duration) { s.Left(now, bob.Index) })
		ann.Do(func(s *e2ee.Session, now time.Duration) {
			s.Joined(now, e2ee.Member{Index: bob.Index, Announce: bob.Session.Announce()})
		})
		r.Run(20 * time.Second)
		assert.True(t, sim.Up(ann, bob))
		assert.False(t, opens(ann.Session, before), "what was seen before is not seen again")
		assert.True(t, hears(t, bob, ann))
	}
}

func TestReorderedItemsOfOnePairAreNotTaken(t *testing.T) {
	r, all := room(t, 3)
	var held []e2ee.Item
	bend(t, r, func(i e2ee.Item) []e2ee.Item {
		if i.From != 1 || i.To != 2 {
			return []e2ee.Item{i}
		}
		if held = append(held, i); len(held) < 3 {
			return nil
		}
		out := held
		slices.Reverse(out)
		held = nil
		return out
	})
	for i := range uint64(9) {
		say(all[0], i+1, secretText+strings.Repeat("x", int(i)))
		r.Run(100 * time.Millisecond)
	}
	r.Run(20 * time.Second)
	stop(r)
	r.Run(2 * time.Minute)
	var last uint64
	got := said(all[1])
	for _, s := range got {
		assert.EqualValues(t, 1, s.From)
		assert.Greater(t, s.ID, last, "in the order in which they were said")
		last = s.ID
	}
	assert.Len(t, said(all[2]), 9)
	assert.True(t, sim.Up(all[0], all[1]))
	assert.True(t, hears(t, all[0], all[1]))
}

func TestAHandshakeThatIsRelayedToAThirdMemberFails(t *testing.T) {
	r, all := room(t, 2)
	ann, bob := all[0], all[1]
	before := ann.Code()
	bend(t, r, func(i e2ee.Item) []e2ee.Item {
		switch {
		case i.From == 3 && i.To == 1: // what is for ann goes to bob
			i.To = 2
		case i.From == 2 && i.To == 3: // and bob answers in her name
			i.From = 1
		case i.From == 3, i.To == 3:
			return nil
		}
		return []e2ee.Item{i}
	})
	cleo := r.Join(right)
	say(ann, 1, secretText+"who is there?")
	r.Run(time.Minute)
	for _, m := range []*sim.Member{ann, bob} {
		assert.NotEqual(t, e2ee.StatusUp, status(t, m, cleo))
		assert.Equal(t, before, m.Code())
		assert.False(t, hears(t, m, cleo))
		assert.False(t, hears(t, cleo, m))
	}
	assert.Empty(t, said(cleo))
	assert.Equal(t, e2ee.PhaseMismatch, cleo.State.Phase)
	assert.Equal(t, ann.Index, cleo.State.With)
	stop(r)
	cleo.Do(func(s *e2ee.Session, now time.Duration) { s.Retry(now, sim.PRS(right)) })
	r.Run(time.Minute)
	assert.True(t, sim.Up(ann, cleo))
	assert.True(t, sim.Up(bob, cleo))
}

func TestAWholeOldJoinThatIsPlayedAgainLetsNobodyIn(t *testing.T) {
	r, all := room(t, 1)
	ann := all[0]
	seen := bend(t, r, nil)
	bob := r.Join(right)
	r.Run(2 * time.Second)
	require.True(t, sim.Up(ann, bob))
	say(bob, 1, secretText+"I am bob")
	profile(t, bob, "Bob")
	old := frameOf(t, bob)
	require.True(t, opens(ann.Session, old))
	r.Run(time.Second)
	join := slices.DeleteFunc(slices.Clone(*seen), func(i e2ee.Item) bool { return i.From != bob.Index })
	require.NotEmpty(t, join)
	bob.Leave()
	r.Run(3 * time.Second)
	require.Len(t, said(ann), 1)

	for _, index := range []uint16{bob.Index, 40} { // in the old seat, and in another
		ann.Do(func(s *e2ee.Session, now time.Duration) {
			s.Joined(now, e2ee.Member{Index: index, Announce: bob.Session.Announce()})
		})
		for _, i := range join {
			i.From = index
			r.Inject(i)
			r.Run(50 * time.Millisecond)
		}
		for _, s := range ann.States[len(ann.States)-3:] {
			for _, p := range s.Peers {
				assert.NotEqual(t, e2ee.StatusUp, p.Status)
				assert.Empty(t, p.Profile.Name)
			}
		}
		assert.NotEqual(t, e2ee.PhaseUp, ann.State.Phase)
		assert.Len(t, said(ann), 1, "nothing is said again")
		assert.False(t, opens(ann.Session, old))
		fresh := frameOf(t, ann)
		assert.False(t, opens(bob.Session, fresh), "and who left does not hear more")
		r.Run(time.Minute)
	}
}

// guest is a session that the relay runs, in whatever seat it likes.
func guest(t *testing.T, r *sim.Relay, passphrase, seed byte, index uint16, victims ...*sim.Member) *impostor {
	t.Helper()
	s, err := e2ee.NewSession(e2ee.Config{Realm: "meet.example", Room: sim.Room, PRS: sim.PRS(passphrase), Rand: &countRand{seed}})
	require.NoError(t, err)
	g := &impostor{relay: r, session: s, as: &sim.Member{Index: index}}
	var others []e2ee.Member
	for _, v := range victims {
		others = append(others, e2ee.Member{Index: v.Index, Announce: v.Session.Announce()})
	}
	s.Welcome(r.Now(), index, others)
	return g
}

func TestAnIndexThatIsGivenTwiceIsAnotherMember(t *testing.T) {
	r, all := room(t, 2)
	ann, bob := all[0], all[1]
	profile(t, bob, "Bob")
	r.Run(time.Second)
	require.Equal(t, "Bob", nameOf(ann, bob.Index))
	before, old := ann.Code(), frameOf(t, bob)
	eve := guest(t, r, right, 9, bob.Index, ann)

	t.Run("while the first one is there", func(t *testing.T) {
		ann.Do(func(s *e2ee.Session, now time.Duration) {
			s.Joined(now, e2ee.Member{Index: bob.Index, Announce: eve.session.Announce()})
		})
		eve.run() // her HS1 comes in bob's name
		r.Run(5 * time.Second)
		assert.Equal(t, e2ee.StatusUp, status(t, ann, bob))
		assert.Equal(t, before, ann.Code())
		assert.True(t, hears(t, bob, ann))
		assert.False(t, opens(eve.session, frameOf(t, ann)))
		cleo := r.Join(right) // whoever comes finds the same people
		r.Run(5 * time.Second)
		assert.Equal(t, e2ee.AgreementSame, cleo.State.Agreement)
		assert.Equal(t, e2ee.AgreementSame, ann.State.Agreement)
		assert.Equal(t, ann.Code(), cleo.Code())
		cleo.Leave()
		r.Run(5 * time.Second)
		assert.Equal(t, before, ann.Code())
	})
	t.Run("after it has left", func(t *testing.T) {
		bob.Leave()
		r.Run(time.Second)
		bend(t, r, func(i e2ee.Item) []e2ee.Item {
			if i.To == bob.Index {
				eve.inbox = append(eve.inbox, i)
			}
			return nil
		})
		eve = guest(t, r, right, 10, bob.Index, ann)
		ann.Do(func(s *e2ee.Session, now time.Duration) {
			s.Joined(now, e2ee.Member{Index: bob.Index, Announce: eve.session.Announce()})
		})
		for range 100 {
			eve.run()
			r.Run(50 * time.Millisecond)
		}
		require.Equal(t, e2ee.StatusUp, status(t, ann, bob), "she knows the passphrase")
		assert.NotEqual(t, "Bob", nameOf(ann, bob.Index), "but she is not bob")
		assert.NotEqual(t, before, ann.Code())
		assert.False(t, opens(ann.Session, old), "and what bob sent does not come from her")
		assert.False(t, opens(bob.Session, frameOf(t, ann)))
	})
}

func TestAnIdentityThatAnotherHasProvedGetsNoAnswer(t *testing.T) {
	r, all := room(t, 1)
	ann := all[0]
	seen := bend(t, r, nil)
	bob := r.Join(right)
	r.Run(2 * time.Second)
	require.True(t, sim.Up(ann, bob))
	hs1 := (*seen)[slices.IndexFunc(*seen, func(i e2ee.Item) bool { return i.Kind == e2ee.KindHS1 })]
	ann.Do(func(s *e2ee.Session, now time.Duration) {
		s.Joined(now, e2ee.Member{Index: 30, Announce: bob.Session.Announce()})
	})
	hs1.From = 30
	r.Inject(hs1)
	r.Run(time.Minute)
	for _, i := range *seen {
		assert.False(t, i.To == 30 && i.Kind == e2ee.KindHS2)
	}
	assert.True(t, sim.Up(ann, bob))
	assert.Zero(t, ann.State.Attempts)
	assert.Equal(t, e2ee.StatusWaiting, ann.State.Peers[1].Status)
}

func TestMembersThatAreHiddenFromSomeShowAsASplit(t *testing.T) {
	r := sim.New(sim.Config{Latency: 30 * time.Millisecond})
	r.Name = func(to *sim.Member, m e2ee.Member) (e2ee.Member, bool) {
		return m, to.Index+m.Index != 4 || to.Index == 2 // 1 and 3 do not hear of each other
	}
	bend(t, r, nil)
	ann, bob, cleo := r.Join(right), r.Join(right), r.Join(right)
	r.Run(3 * time.Second)
	require.True(t, sim.Up(ann, bob))
	require.True(t, sim.Up(bob, cleo))
	r.Run(time.Minute)
	for _, m := range []*sim.Member{ann, bob, cleo} {
		assert.Equal(t, e2ee.PhaseSplit, m.State.Phase)
		assert.Equal(t, e2ee.AgreementDiffer, m.State.Agreement)
		assert.False(t, m.State.Sending)
	}
	assert.NotEqual(t, ann.Code(), bob.Code())
	assert.NotEqual(t, ann.Code(), cleo.Code())
	assert.NotEqual(t, bob.Code(), cleo.Code())
}

func TestTwoRoomsThatAreKeptApartHaveTwoCodes(t *testing.T) {
	r, all := room(t, 4)
	before := all[0].Code()
	half := func(i uint16) bool { return i <= 2 }
	bend(t, r, func(i e2ee.Item) []e2ee.Item {
		if half(i.From) != half(i.To) {
			return nil
		}
		return []e2ee.Item{i}
	})
	r.Run(2 * time.Minute)
	for _, m := range all {
		for _, other := range all {
			switch {
			case m == other:
			case half(m.Index) == half(other.Index):
				assert.True(t, sim.Up(m, other))
				assert.Equal(t, m.Code(), other.Code())
			default:
				assert.NotEqual(t, e2ee.StatusUp, status(t, m, other), "nobody is shown who is not there")
				assert.NotEqual(t, m.Code(), other.Code())
				assert.False(t, hears(t, m, other))
			}
		}
		assert.NotEqual(t, before, m.Code())
	}
}

func TestARelayThatChangesOurIndexGetsNoKeyUsedTwice(t *testing.T) {
	r, all := room(t, 2)
	ann, bob := all[0], all[1]
	frames := map[string]bool{}
	for _, me := range []uint16{1, 7, 1, 7, 1} {
		ann.Do(func(s *e2ee.Session, now time.Duration) {
			s.Welcome(now, me, []e2ee.Member{{Index: bob.Index, Announce: bob.Session.Announce()}})
		})
		if me != 1 {
			assert.NotEqual(t, e2ee.PhaseUp, ann.State.Phase, "another member, whom nobody knows")
		}
		for range 3 {
			sealed := string(frameOf(t, ann))
			assert.False(t, frames[sealed], "the same counter under the same key")
			frames[sealed] = true
		}
	}
	assert.False(t, hears(t, ann, bob))
	r.Run(2 * time.Minute)
	assert.True(t, sim.Up(ann, bob))
	assert.True(t, hears(t, ann, bob))
}

func TestItemsThatNobodyCanHaveSentDoNothing(t *testing.T) {
	_, all := room(t, 2)
	ann := all[0]
	states := len(ann.States)
	for _, kind := range []uint8{0, e2ee.KindHS1, e2ee.KindHS2, e2ee.KindHS3, e2ee.KindRecord, e2ee.KindAbort, 200} {
		for _, i := range []e2ee.Item{
			{Kind: kind, From: ann.Index, To: ann.Index, Data: []byte("from myself")},
			{Kind: kind, From: 77, To: ann.Index, Data: []byte("from nobody")},
			{Kind: kind, From: all[1].Index, To: all[1].Index, Data: []byte("for somebody else")},
		} {
			ann.Do(func(s *e2ee.Session, now time.Duration) { s.Receive(now, i) })
		}
	}
	assert.Len(t, ann.States, states)
	assert.True(t, hears(t, all[1], ann))
}

func TestAnAnnouncementThatIsNoneIsShownAsFailed(t *testing.T) {
	r, all := room(t, 2)
	for i, announce := range [][]byte{{1}, make([]byte, 256), all[0].Session.Announce()} {
		index := uint16(50 + i)
		all[0].Do(func(s *e2ee.Session, now time.Duration) {
			s.Joined(now, e2ee.Member{Index: index, Announce: announce})
		})
		r.Run(time.Second)
		last := all[0].State.Peers[len(all[0].State.Peers)-1]
		assert.Equal(t, index, last.Index)
		assert.Equal(t, e2ee.StatusFailed, last.Status)
	}
	assert.True(t, sim.Up(all[0], all[1]))
	assert.Equal(t, e2ee.PhaseUp, all[0].State.Phase)
}

func TestADepartureThatTheRelayHidesIsHeardFromWhoLeft(t *testing.T) {
	for name, drops := range map[string]bool{"at once": false, "or is known by the silence": true} {
		t.Run(name, func(t *testing.T) {
			r, all := room(t, 3)
			ann, bob, cleo := all[0], all[1], all[2]
			r.Name = func(_ *sim.Member, m e2ee.Member) (e2ee.Member, bool) { return m, m.Index != cleo.Index }
			bend(t, r, func(i e2ee.Item) []e2ee.Item {
				if drops && i.From == cleo.Index {
					return nil
				}
				return []e2ee.Item{i}
			})
			cleo.Do(func(s *e2ee.Session, now time.Duration) { s.Leave(now) })
			r.Run(100 * time.Millisecond)
			cleo.Leave()
			if drops {
				require.Equal(t, e2ee.StatusUp, status(t, ann, cleo))
				r.Run(45 * time.Second)
			}
			r.Run(2 * time.Second)
			for _, m := range []*sim.Member{ann, bob} {
				assert.NotEqual(t, e2ee.StatusUp, status(t, m, cleo))
				assert.False(t, opens(cleo.Session, frameOf(t, m)), "who left opens nothing more")
			}
			assert.True(t, hears(t, ann, bob))
			assert.Equal(t, ann.Code(), bob.Code())
		})
	}
}
