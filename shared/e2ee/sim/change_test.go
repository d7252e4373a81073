package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/channel"
	"github.com/conclave-meet/conclave/shared/e2ee/sim"
)

// change lets m change the passphrase for everybody.
func change(t *testing.T, m *sim.Member, passphrase byte, text string) {
	t.Helper()
	m.Do(func(s *e2ee.Session, now time.Duration) { require.NoError(t, s.Change(now, sim.PRS(passphrase), text)) })
}

// with lets a rogue in beside honest members.
func with(t *testing.T, members int) (*sim.Relay, []*sim.Member, *rogue) {
	t.Helper()
	r, all := room(t, members)
	x := intrude(t, r, right)
	r.Run(2 * time.Second)
	for _, m := range all {
		require.Contains(t, m.State.Peers, e2ee.Peer{Index: x.me.Index, Status: e2ee.StatusUp})
	}
	return r, all, x
}

// newest is what m holds the passphrase to be.
func newest(m *sim.Member) (text string) {
	for _, e := range m.Events {
		if p, ok := e.(e2ee.PassphraseChanged); ok {
			text = p.Text
		}
	}
	return text
}

func TestAFloodOfChangesIsAskedAboutOnceInTenSeconds(t *testing.T) {
	for name, epoch := range map[string]func(i int) uint8{
		"one epoch":  func(int) uint8 { return 1 },
		"all epochs": func(i int) uint8 { return uint8(1 + i) },
	} {
		t.Run(name, func(t *testing.T) {
			r, all, x := with(t, 2)
			ann, bob := all[0], all[1]
			flood := func() {
				for i := range 250 {
					x.tells(channel.Passphrase{Epoch: epoch(i), Text: fmt.Sprintf("text %03d", 999-i)}, all...)
				}
				x.tells(x.ping(), all...)
			}
			flood()
			r.Run(15 * time.Second)
			require.Len(t, offers(ann), 1, "the next is told when this one is answered")
			adopt(t, ann, sim.PRS(9))
			flood()
			r.Run(time.Second)
			require.Len(t, offers(ann), 2)
			adopt(t, ann, sim.PRS(10))
			flood()
			r.Run(8 * time.Second)
			assert.Len(t, offers(ann), 2, "one in ten seconds")
			assert.Len(t, offers(bob), 1)
			assert.True(t, hears(t, ann, bob))
			assert.True(t, hears(t, bob, ann))
		})
	}
}

func TestAChangeThatComesTooSoonIsAskedAboutLater(t *testing.T) {
	r, all := room(t, 3)
	ann, bob := all[0], all[1]
	change(t, ann, 7, "with a slip")
	r.Run(time.Second)
	adopt(t, bob, sim.PRS(7))
	change(t, ann, 8, "without one")
	r.Run(5 * time.Second)
	require.Len(t, offers(bob), 1)
	r.Run(6 * time.Second)
	require.Len(t, offers(bob), 2)
	adopt(t, bob, sim.PRS(8))
	late := r.Join(8)
	r.Run(3 * time.Second)
	assert.True(t, sim.Up(bob, late))
	assert.True(t, sim.Up(ann, late))
	assert.Len(t, offers(all[2]), 1, "who never answers is not asked again")
}

func TestNoNumberOfAChangeIsTheLast(t *testing.T) {
	for _, epoch := range []uint8{127, 128, 255} {
		t.Run(fmt.Sprint(epoch), func(t *testing.T) {
			r, all, x := with(t, 2)
			ann, bob := all[0], all[1]
			for e := 100; e < int(epoch); e += 100 { // by steps that everybody takes for later ones
				x.tells(channel.Passphrase{Epoch: uint8(e), Text: "a step"}, all...)
				r.Run(time.Second)
				adopt(t, ann, sim.PRS(9))
				adopt(t, bob, sim.PRS(9))
				r.Run(11 * time.Second)
			}
			x.tells(channel.Passphrase{Epoch: epoch, Text: "the last?"}, all...)
			r.Run(time.Second)
			adopt(t, ann, sim.PRS(10))
			adopt(t, bob, sim.PRS(10))
			x.leaves()
			r.Run(3 * time.Second)
			change(t, ann, 11, "without the rogue")
			r.Run(3 * time.Second)
			adopt(t, bob, sim.PRS(11))
			old, late := r.Join(10), r.Join(11)
			r.Run(5 * time.Second)
			assert.False(t, sim.Up(ann, old))
			assert.True(t, sim.Up(ann, late))
			assert.True(t, sim.Up(bob, late))
		})
	}
}

func TestMembersThatARogueLedApartFindTogether(t *testing.T) {
	secrets := map[string]byte{"bob's 0": 20, "bob's 1": 21, "for ann only": 10}
	for _, epoch := range []uint8{5, 127, 128, 129, 250} {
		t.Run(fmt.Sprint(epoch), func(t *testing.T) {
			r, all, x := with(t, 2)
			ann, bob := all[0], all[1]
			r.Run(30 * time.Second) // who has just come would hear of it from ann
			for e := 100; e < int(epoch); e += 100 {
				x.tells(channel.Passphrase{Epoch: uint8(e), Text: "a step"}, ann)
				r.Run(time.Second)
				adopt(t, ann, sim.PRS(9))
				r.Run(11 * time.Second)
			}
			x.tells(channel.Passphrase{Epoch: epoch, Text: "for ann only"}, ann)
			r.Run(time.Second)
			adopt(t, ann, sim.PRS(10))
			require.Empty(t, offers(bob))
			x.leaves()
			r.Run(3 * time.Second)
			for i := range 2 { // the first may be behind: then whoever changed it hears of the other
				change(t, bob, byte(20+i), fmt.Sprint("bob's ", i))
				r.Run(11 * time.Second)
				for _, m := range all {
					m.Do(func(s *e2ee.Session, now time.Duration) {
						for _, o := range offers(m) { // one at most is open
							_ = s.Adopt(now, o.Epoch, o.Text, sim.PRS(secrets[o.Text]))
						}
					})
				}
			}
			assert.Equal(t, "bob's 1", newest(ann))
			assert.Equal(t, "bob's 1", newest(bob))
			late := r.Join(21)
			r.Run(5 * time.Second)
			assert.True(t, sim.Up(ann, late))
			assert.True(t, sim.Up(bob, late))
		})
	}
}

// claims makes the relay answer every HS1 for a member with "my epoch is another", another one each time.
func claims(r *sim.Relay, of uint16) {
	n := byte(100)
	r.Bend = func(i e2ee.Item) []e2ee.Item {
		switch {
		case i.From == of:
			return nil
		case i.To == of && i.Kind == e2ee.KindHS1:
			n += 50
			return []e2ee.Item{{Kind: e2ee.KindAbort, From: of, To: i.From, Data: []byte{2, n}}}
		}
		return []e2ee.Item{i}
	}
}

func TestARelayThatNamesNumbersChangesNone(t *testing.T) {
	r := sim.New(sim.Config{Latency: 30 * time.Millisecond})
	ghost := r.Join(wrong)
	ghost.Disconnect(time.Hour)
	claims(r, ghost.Index)
	ann := r.Join(right)
	r.Run(20 * time.Second)
	ghost.Leave()
	stop(r)
	bob := r.Join(right)
	r.Run(3 * time.Second)
	require.True(t, sim.Up(ann, bob))
	change(t, bob, 3, "the first change")
	r.Run(time.Second)
	assert.Equal(t, []e2ee.PassphraseOffered{{By: bob.Index, Epoch: 1, Text: "the first change"}}, offers(ann))
}

func TestANewSeatTakesNoNumberFromTheRelay(t *testing.T) {
	r, all := room(t, 2)
	ann, bob := all[0], all[1]
	const seat, ghost = 77, 5
	ann.Do(func(s *e2ee.Session, now time.Duration) {
		s.Welcome(now, seat, []e2ee.Member{{Index: ghost, Announce: bob.Session.Announce()}})
		s.Receive(now, e2ee.Item{Kind: e2ee.KindAbort, From: ghost, To: seat, Data: []byte{2, 255}})
		s.Welcome(now, ann.Index, []e2ee.Member{{Index: bob.Index, Announce: bob.Session.Announce()}})
	})
	bob.Do(func(s *e2ee.Session, now time.Duration) {
		s.Left(now, ann.Index)
		s.Joined(now, e2ee.Member{Index: ann.Index, Announce: ann.Session.Announce()})
	})
	r.Run(20 * time.Second)
	require.True(t, sim.Up(ann, bob))
	change(t, ann, 3, "the first change")
	r.Run(3 * time.Second)
	assert.Equal(t, []e2ee.PassphraseOffered{{By: ann.Index, Epoch: 1, Text: "the first change"}}, offers(bob))
}

func TestAnOutsiderThatNamesNumbersKeepsNobodyOut(t *testing.T) {
	const newer = 3
	for name, first := range map[string]bool{"in the lowest seat": true, "in a higher one": false} {
		t.Run(name, func(t *testing.T) {
			r := sim.New(sim.Config{Latency: 30 * time.Millisecond})
			var ann, outsider *sim.Member
			if first {
				outsider = r.Join(wrong)
				claims(r, outsider.Index)
				ann = r.Join(right)
			} else {
				ann = r.Join(right)
				outsider = r.Join(wrong)
				claims(r, outsider.Index)
			}
			r.Run(time.Second)
			change(t, ann, newer, "a newer one")
			bob := r.Join(newer)
			r.Run(5 * time.Second)
			assert.True(t, sim.Up(ann, bob))
			change(t, bob, 4, "the next one")
			r.Run(time.Second)
			assert.Equal(t, []e2ee.PassphraseOffered{{By: bob.Index, Epoch: 2, Text: "the next one"}}, offers(ann))
		})
	}
}

func TestTextAndSecretOfAChangeBelongTogether(t *testing.T) {
	r, all := room(t, 3)
	ann, bob, cleo := all[0], all[1], all[2]
	secrets := map[string]byte{"ann's": 10, "bob's": 11}
	change(t, bob, 11, "bob's")
	r.Run(time.Millisecond)
	change(t, ann, 10, "ann's")
	r.Run(time.Second)
	for range 2 { // of both, in whatever order; the second is that of the other
		asked := offers(cleo)[len(offers(cleo))-1]
		cleo.Do(func(s *e2ee.Session, now time.Duration) {
			for text, secret := range secrets {
				if text != asked.Text {
					require.ErrorIs(t, s.Adopt(now, asked.Epoch, text, sim.PRS(secret)), e2ee.ErrBehind)
				}
			}
			require.ErrorIs(t, s.Adopt(now, asked.Epoch+1, asked.Text, sim.PRS(1)), e2ee.ErrBehind)
			require.ErrorIs(t, s.Adopt(now, asked.Epoch, "", sim.PRS(1)), e2ee.ErrBehind)
		})
		adopt(t, cleo, sim.PRS(secrets[asked.Text]))
		r.Run(11 * time.Second)
	}
	require.Len(t, offers(cleo), 2)
	adopt(t, bob, sim.PRS(10))
	for _, m := range all {
		assert.Equal(t, "ann's", newest(m))
	}
	late := r.Join(10)
	r.Run(5 * time.Second)
	for _, m := range all {
		assert.True(t, sim.Up(m, late))
	}
}

func TestTwoWhoChangedItWhileTheyWereApartFindTogether(t *testing.T) {
	for _, lost := range []int{0, 1} { // either role
		r, all := room(t, 2)
		ann, bob := all[0], all[1]
		say(all[1-lost], 1, "the line breaks under this")
		all[lost].Disconnect(time.Second)
		change(t, ann, 10, "ann's")
		change(t, bob, 11, "bob's")
		r.Run(5 * time.Second)
		all[lost].Reconnect()
		r.Run(15 * time.Second)
		require.True(t, sim.Up(ann, bob))
		assert.Empty(t, offers(ann))
		adopt(t, bob, sim.PRS(10))
		late := r.Join(10)
		r.Run(5 * time.Second)
		assert.True(t, sim.Up(ann, late))
		assert.True(t, sim.Up(bob, late))
	}
}

func TestWhoMissedTwoChangesAtOnceComesBackToEither(t *testing.T) {
	r, all := room(t, 3)
	ann, bob, cleo := all[0], all[1], all[2]
	say(bob, 1, "the line breaks under this")
	cleo.Disconnect(0)
	change(t, ann, 10, "ann's")
	change(t, bob, 11, "bob's")
	r.Run(5 * time.Second)
	adopt(t, bob, sim.PRS(10))
	ann.Leave()
	r.Run(time.Second)
	cleo.Reconnect()
	r.Run(10 * time.Second)
	require.True(t, sim.Up(bob, cleo))
	adopt(t, cleo, sim.PRS(10))
	assert.Equal(t, "ann's", newest(cleo))
}

func TestADeclinedChangeLeavesThePassphraseAsItIs(t *testing.T) {
	r, all := room(t, 2)
	ann, bob := all[0], all[1]
	change(t, ann, 3, "no\tpassphrase")
	r.Run(time.Second)
	bob.Do(func(s *e2ee.Session, now time.Duration) { s.Decline(now, 1) })
	r.Run(time.Second)
	assert.Empty(t, newest(bob))
	bob.Do(func(s *e2ee.Session, now time.Duration) {
		require.ErrorIs(t, s.Adopt(now, 1, "no\tpassphrase", sim.PRS(3)), e2ee.ErrBehind)
	})
	change(t, ann, 4, "a better one")
	r.Run(11 * time.Second)
	adopt(t, bob, sim.PRS(4))
	assert.Equal(t, "a better one", newest(bob))
}

func TestWhoCameWhileAChangeWasUnderWayHearsOfIt(t *testing.T) {
	r, all := room(t, 2)
	ann, bob := all[0], all[1]
	change(t, ann, 3, "a newer one")
	r.Run(time.Second)
	cleo := r.Join(right) // bob still has the old one, ann does not
	r.Run(5 * time.Second)
	require.False(t, sim.Up(ann, cleo))
	cleo.Do(func(s *e2ee.Session, now time.Duration) { s.TryOthers(now) })
	r.Run(5 * time.Second)
	require.True(t, sim.Up(bob, cleo))
	adopt(t, bob, sim.PRS(3))
	r.Run(time.Second)
	adopt(t, cleo, sim.PRS(3))
	r.Run(20 * time.Second)
	assert.True(t, sim.Up(ann, cleo))
	assert.True(t, sim.Up(bob, cleo))
}
