package seat_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/e2ee/seat"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
)

// party is somebody on a seat.
type party struct {
	*seat.Seat
	m       *meeting
	index   uint16
	reports []port.Report // but for what was sent
	said    []byte        // announce
}

// meeting is a room of seats, whose items arrive at once.
type meeting struct {
	t     *testing.T
	now   time.Duration
	inbox []port.Item
	there map[uint16]*party
}

func newMeeting(t *testing.T) *meeting { return &meeting{t: t, there: map[uint16]*party{}} }

// join lets somebody with a passphrase, of which any number stands for one, into the room.
func (m *meeting) join(passphrase byte) *party {
	m.t.Helper()
	p := &party{Seat: seat.New(rand.NewChaCha8([32]byte{byte(len(m.there))})), m: m, index: uint16(len(m.there) + 1)}
	p.does(&port.Open{Secret: port.Secret{PRS: [32]byte{passphrase}, Room: "room"}, Realm: "example.org"})
	require.IsType(m.t, &port.Ready{}, p.reports[0])
	p.said = p.reports[0].(*port.Ready).Announce
	welcome := &port.Welcome{Me: p.index}
	for i := uint16(1); i < p.index; i++ {
		welcome.Others = append(welcome.Others, port.Member{Index: i, Announce: m.there[i].said})
		m.there[i].does(&port.Joined{Member: port.Member{Index: p.index, Announce: p.said}})
	}
	m.there[p.index] = p
	p.does(welcome)
	return p
}

func (p *party) does(c port.Command) {
	p.m.t.Helper()
	require.NoError(p.m.t, p.Do(p.m.now, c))
	p.listens()
}

// listens takes all reports and puts what is for others into the room.
func (p *party) listens() {
	for r, ok := p.Next(); ok; r, ok = p.Next() {
		send, is := r.(*port.Send)
		if !is {
			p.reports = append(p.reports, r)
			continue
		}
		for _, item := range send.Items {
			assert.Zero(p.m.t, item.From, "the relay sets it")
			item.From = p.index
			p.m.inbox = append(p.m.inbox, item)
		}
	}
}

// passes lets time go by, in which everybody talks.
func (m *meeting) passes(d time.Duration) {
	m.t.Helper()
	for end := m.now + d; m.now < end; m.now += 10 * time.Millisecond {
		for len(m.inbox) > 0 {
			item := m.inbox[0]
			m.inbox = m.inbox[1:]
			m.there[item.To].does(&port.Receive{Items: []port.Item{item}})
		}
		for i := range len(m.there) {
			p := m.there[uint16(i+1)]
			if at, ok := p.Deadline(); ok && at <= m.now {
				p.Tick(m.now)
				p.listens()
			}
		}
	}
}

// state is the last one that was reported.
func (p *party) state() (last port.State) {
	for _, r := range p.reports {
		if s, ok := r.(*port.State); ok {
			last = *s
		}
	}
	return last
}

// two is a meeting of two with one passphrase.
func two(t *testing.T) (m *meeting, ann, bob *party) {
	t.Helper()
	m = newMeeting(t)
	ann, bob = m.join(1), m.join(1)
	m.passes(2 * time.Second)
	for _, p := range []*party{ann, bob} {
		require.Equal(t, port.PhaseUp, p.state().Phase)
		require.True(t, p.state().Sending)
	}
	return m, ann, bob
}

var sound = e2ee.Frame{Stream: senderkey.Mic, Codec: envelope.Opus}

func TestFramesGoFromSeatToSeat(t *testing.T) {
	_, ann, bob := two(t)
	sealed, err := ann.Seal(nil, sound, []byte("hello"))
	require.NoError(t, err)
	frame, id, err := bob.Unseal(nil, true, sealed)
	require.NoError(t, err)
	assert.Equal(t, "hello", string(frame))
	assert.Equal(t, ann.index, id.Index)
	assert.Equal(t, senderkey.Mic, id.Stream)
}

func TestASeatWithoutASessionDoesNothing(t *testing.T) {
	s := seat.New(rand.NewChaCha8([32]byte{}))
	assert.False(t, s.Opened())
	_, err := s.Seal(nil, sound, []byte("hello"))
	require.ErrorIs(t, err, e2ee.ErrNoKey)
	_, _, err = s.Unseal(nil, true, []byte("hello"))
	require.ErrorIs(t, err, e2ee.ErrNoKey)
	for _, c := range []port.Command{&port.Welcome{Me: 1}, &port.Unlock{}, &port.Receive{}, &port.Retry{}, &port.Say{}} {
		require.ErrorIs(t, s.Do(0, c), seat.ErrCommand, "%T", c)
	}
	s.Tick(time.Second)
	_, due := s.Deadline()
	assert.False(t, due)
	_, told := s.Next()
	assert.False(t, told)
	s.Wipe()
}

func TestASeatTakesOneSession(t *testing.T) {
	_, ann, _ := two(t)
	assert.True(t, ann.Opened())
	require.ErrorIs(t, ann.Do(0, &port.Open{}), seat.ErrCommand)
}

func TestAWipedSeatSealsNothingMore(t *testing.T) {
	_, ann, _ := two(t)
	ann.Wipe()
	assert.False(t, ann.Opened())
	_, err := ann.Seal(nil, sound, []byte("hello"))
	require.ErrorIs(t, err, e2ee.ErrNoKey)
	require.ErrorIs(t, ann.Do(0, &port.Unlock{}), seat.ErrCommand)
}

func TestAnotherPassphraseIsReportedAndCanBeMended(t *testing.T) {
	m := newMeeting(t)
	ann, bob := m.join(1), m.join(2)
	m.passes(3 * time.Second)
	require.Equal(t, port.PhaseMismatch, bob.state().Phase)
	assert.Equal(t, ann.index, bob.state().With)
	assert.Equal(t, port.StatusDifferent, ann.state().Peers[0].Status)
	_, err := bob.Seal(nil, sound, []byte("hello"))
	require.Error(t, err)

	bob.does(&port.Retry{Secret: port.Secret{PRS: [32]byte{1}, Room: "room", Passphrase: "other words"}})
	assert.Contains(t, bob.reports, &port.Retried{Text: "other words"})
	m.passes(3 * time.Second)
	assert.Equal(t, port.PhaseUp, bob.state().Phase)
	assert.Equal(t, port.PhaseUp, ann.state().Phase)
	bob.does(&port.Retry{Secret: port.Secret{PRS: [32]byte{9}, Room: "room", Passphrase: "more words"}})
	assert.Contains(t, bob.reports, &port.Retried{}, "that one was right")
}

func TestWhatAPersonDoesIsReportedToTheOthers(t *testing.T) {
	m, ann, bob := two(t)
	ann.does(&port.Profile{Profile: port.About{Name: "Ann", Colour: 3, Hand: 9}})
	ann.does(&port.Say{ID: 1, Text: "hello"})
	ann.does(&port.React{Code: "clap"})
	ann.does(&port.Change{Secret: port.Secret{PRS: [32]byte{8}, Room: "room", Passphrase: "another one"}})
	m.passes(time.Second)
	assert.Equal(t, port.About{Name: "Ann", Colour: 3, Hand: 9}, bob.state().Peers[0].About)
	assert.Contains(t, ann.reports, &port.Said{From: ann.index, ID: 1, Text: "hello"}, "to herself too")
	assert.Contains(t, bob.reports, &port.Said{From: ann.index, ID: 1, Text: "hello"})
	assert.Contains(t, bob.reports, &port.Reacted{From: ann.index, Code: "clap"})
	assert.Contains(t, ann.reports, &port.Passphrase{By: ann.index, Epoch: 1, Text: "another one"})
	assert.Contains(t, bob.reports, &port.Offered{By: ann.index, Epoch: 1, Text: "another one"})
	changed := &port.Passphrase{By: ann.index, Epoch: 1, Text: "another one"}
	bob.does(&port.Adopt{Secret: port.Secret{PRS: [32]byte{7}, Room: "room", Passphrase: "one of another"}, Epoch: 1})
	assert.NotContains(t, bob.reports, changed, "that was not asked")
	bob.does(&port.Adopt{Secret: port.Secret{PRS: [32]byte{8}, Room: "room", Passphrase: "another one"}, Epoch: 1})
	assert.Contains(t, bob.reports, changed)

	late := m.join(8)
	m.passes(3 * time.Second)
	assert.Equal(t, port.PhaseUp, late.state().Phase)
	for _, p := range late.state().Peers {
		assert.Equal(t, port.StatusUp, p.Status, "of %d", p.Index)
	}
}

func TestADeclinedPassphraseMakesRoomForTheNext(t *testing.T) {
	m, ann, bob := two(t)
	ann.does(&port.Change{Secret: port.Secret{PRS: [32]byte{8}, Room: "room", Passphrase: "no\tpassphrase"}})
	m.passes(time.Second)
	require.Contains(t, bob.reports, &port.Offered{By: ann.index, Epoch: 1, Text: "no\tpassphrase"})
	bob.does(&port.Decline{Epoch: 1})
	ann.does(&port.Change{Secret: port.Secret{PRS: [32]byte{9}, Room: "room", Passphrase: "a better one"}})
	m.passes(15 * time.Second)
	require.Contains(t, bob.reports, &port.Offered{By: ann.index, Epoch: 2, Text: "a better one"})
	bob.does(&port.Adopt{Secret: port.Secret{PRS: [32]byte{9}, Room: "room", Passphrase: "a better one"}, Epoch: 2})
	assert.Contains(t, bob.reports, &port.Passphrase{By: ann.index, Epoch: 2, Text: "a better one"})
}

func TestWhatTheSessionRefusesIsReportedByItsCode(t *testing.T) {
	_, ann, _ := two(t)
	ann.reports = nil
	ann.does(&port.Say{ID: 2})
	ann.does(&port.Say{ID: 3, To: 77, Text: "hello"})
	ann.does(&port.Change{Secret: port.Secret{}})
	assert.Equal(t, []port.Report{
		&port.Unsaid{ID: 2, Code: "chat.bad"}, &port.Unsaid{ID: 3, Code: "member.gone"}, &port.Unchanged{Code: "chat.bad"},
	}, ann.reports)

	alone := newMeeting(t)
	who := alone.join(1)
	alone.join(2)
	alone.passes(3 * time.Second)
	two := alone.there[2]
	two.reports = nil
	two.does(&port.Say{ID: 4, Text: "hello"})
	assert.Equal(t, []port.Report{&port.Unsaid{ID: 4, Code: "crypto.paused"}}, two.reports)
	assert.Equal(t, port.StatusDifferent, who.state().Peers[0].Status)
}

func TestWhoeverSaysTooMuchIsToldSo(t *testing.T) {
	m, ann, bob := two(t)
	ann.reports = nil
	const most = 4000
	for i := range 100 {
		ann.does(&port.Say{ID: uint64(i + 1), Text: strings.Repeat("x", most*9/10)})
	}
	var refused int
	for _, r := range ann.reports {
		if u, ok := r.(*port.Unsaid); ok {
			assert.Equal(t, "rate", u.Code)
			refused++
		}
	}
	assert.Positive(t, refused)
	m.passes(30 * time.Second)
	said := 0
	for _, r := range bob.reports {
		if _, ok := r.(*port.Said); ok {
			said++
		}
	}
	assert.Equal(t, 100-refused, said, "what was not refused arrives")
}

func TestAMemberWhoLeavesIsOutOfTheState(t *testing.T) {
	m, ann, bob := two(t)
	ann.does(&port.Away{Index: bob.index, Away: true})
	assert.Equal(t, port.StatusReconnecting, ann.state().Peers[0].Status)
	ann.does(&port.Left{Index: bob.index})
	m.passes(time.Second)
	assert.Empty(t, ann.state().Peers)
	assert.Equal(t, port.PhaseAlone, ann.state().Phase)
}

func TestDropsAreCountedAndReportedOnce(t *testing.T) {
	m, ann, _ := two(t)
	for range 3 {
		ann.Drop(-2)
	}
	ann.Drop(-128)
	ann.Drop(0)
	ann.Drop(5)
	ann.reports = nil
	m.passes(6 * time.Second)
	assert.Contains(t, ann.reports, &port.Drops{Counts: []port.Drop{{Reason: -2, Count: 3}, {Reason: -128, Count: 1}}})
	ann.reports = nil
	m.passes(6 * time.Second)
	assert.Empty(t, ann.reports)
}

func TestATickIsNeverFarAndTimeNeverGoesBack(t *testing.T) {
	m, ann, _ := two(t)
	at, ok := ann.Deadline()
	require.True(t, ok)
	assert.LessOrEqual(t, at, m.now+seat.Pulse)
	ann.Tick(0)
	again, _ := ann.Deadline()
	assert.GreaterOrEqual(t, again, at)
}

func TestOnlyCommandsWithAPassphraseHaveASecret(t *testing.T) {
	for _, c := range []port.Command{&port.Open{}, &port.Retry{}, &port.Change{}, &port.Adopt{}} {
		s := seat.SecretIn(c)
		require.NotNil(t, s, "%T", c)
		s.PRS[0] = 7
		assert.EqualValues(t, 7, port.AppendCommand(nil, c)[1], "%T: it belongs to the command", c)
		assert.NotZero(t, port.AppendCommand(nil, c)[0]&port.NeedsPRS)
	}
	for _, c := range []port.Command{&port.Welcome{}, &port.Say{}, &port.Accept{}} {
		assert.Nil(t, seat.SecretIn(c), "%T", c)
	}
}

func TestWhoLeavesSaysSoToTheMembersAndThenNothing(t *testing.T) {
	m, ann, bob := two(t)
	ann.reports = nil
	ann.does(&port.Leave{})
	require.NotEmpty(t, ann.reports)
	assert.Equal(t, &port.Parted{}, ann.reports[len(ann.reports)-1])
	m.passes(time.Second)
	assert.NotEqual(t, port.StatusUp, bob.state().Peers[0].Status, "without a word of the relay")
	_, err := ann.Seal(nil, sound, []byte("hello"))
	require.Error(t, err)
	ann.does(&port.Say{ID: 1, Text: "one more thing"})
	m.passes(time.Minute)
	for _, r := range bob.reports {
		_, is := r.(*port.Said)
		assert.False(t, is)
	}
}
