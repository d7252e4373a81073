package sim_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/channel"
	"github.com/conclave-meet/conclave/shared/e2ee/code"
	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
	"github.com/conclave-meet/conclave/shared/e2ee/sim"
)

// rogue is a member whose program does what a session would not: it is up with the others and tells them what it likes.
type rogue struct {
	t     *testing.T
	relay *sim.Relay
	rand  *rand.ChaCha8
	room  handshake.Room
	id    *handshake.Identity
	me    handshake.Party
	asked map[uint16]*handshake.Initiator
	lines map[uint16]*channel.Channel
}

// intrude lets a rogue in, who has the passphrase. It is the last to come.
func intrude(t *testing.T, r *sim.Relay, passphrase byte) *rogue {
	t.Helper()
	x := &rogue{
		t: t, relay: r, rand: rand.NewChaCha8([32]byte{99}),
		room:  handshake.Room{Realm: sim.Realm, Name: sim.Room, PRS: sim.PRS(passphrase)},
		asked: map[uint16]*handshake.Initiator{}, lines: map[uint16]*channel.Channel{},
	}
	var err error
	x.id, err = handshake.NewIdentity(x.rand)
	require.NoError(t, err)
	x.me = handshake.Party{Index: uint16(len(r.Everybody()) + 1), ID: x.id.Public(), Nonce: [16]byte{7}}
	r.Name = func(_ *sim.Member, m e2ee.Member) (e2ee.Member, bool) {
		if m.Index == x.me.Index {
			m.Announce = x.id.Announce(x.me.Nonce)
		}
		return m, true
	}
	r.Bend = func(i e2ee.Item) []e2ee.Item {
		switch {
		case i.From == x.me.Index: // what a session in its seat would say
			return nil
		case i.To == x.me.Index:
			x.hears(i)
			return nil
		}
		return []e2ee.Item{i}
	}
	others := r.Members()
	require.Equal(t, x.me.Index, r.Join(wrong).Index)
	for _, m := range others {
		i, hs1, err := handshake.Initiate(x.rand, x.room, x.id, x.me, x.party(m))
		require.NoError(t, err)
		x.asked[m.Index] = i
		x.posts(e2ee.KindHS1, m.Index, hs1)
	}
	return x
}

func (x *rogue) party(m *sim.Member) handshake.Party {
	a, err := handshake.ParseAnnounce(m.Session.Announce())
	require.NoError(x.t, err)
	return a.Party(m.Index)
}

func (x *rogue) posts(kind uint8, to uint16, data []byte) {
	x.relay.Inject(e2ee.Item{Kind: kind, From: x.me.Index, To: to, Data: data})
}

// hears ends a handshake; whatever else is said to it is nothing to a rogue.
func (x *rogue) hears(i e2ee.Item) {
	asked := x.asked[i.From]
	if i.Kind != e2ee.KindHS2 || asked == nil {
		return
	}
	delete(x.asked, i.From)
	tag, keys, err := asked.Finish(i.Data)
	require.NoError(x.t, err)
	line := channel.New(keys)
	x.lines[i.From] = line
	first, err := channel.Make(x.ping())
	require.NoError(x.t, err)
	hs3, err := line.Seal(tag, first)
	require.NoError(x.t, err)
	x.posts(e2ee.KindHS3, i.From, hs3)
}

// ping is what an honest member says of who is there.
func (x *rogue) ping() channel.Ping {
	ids := [][32]byte{x.me.ID}
	for _, m := range x.relay.Members() {
		if m.Index != x.me.Index {
			ids = append(ids, x.party(m).ID)
		}
	}
	return channel.Ping{Digest: code.Digest(sim.Realm, sim.Room, ids)}
}

// tells says something to members.
func (x *rogue) tells(b channel.Body, to ...*sim.Member) {
	x.t.Helper()
	for _, m := range to {
		r, err := channel.Make(b)
		require.NoError(x.t, err)
		record, err := x.lines[m.Index].Seal(nil, r)
		require.NoError(x.t, err)
		x.posts(e2ee.KindRecord, m.Index, record)
	}
}

// leaves ends it: the relay is honest again.
func (x *rogue) leaves() {
	x.relay.Members()[len(x.relay.Members())-1].Leave()
	x.relay.Name, x.relay.Bend = nil, nil
}
