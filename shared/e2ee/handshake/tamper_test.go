package handshake_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/e2ee/handshake"
	"github.com/conclave-meet/conclave/shared/e2ee/lv"
)

// Offsets in HS1 and HS2.
const (
	atOffer = 33 // ver ‖ epoch ‖ suites
	atKEM   = atOffer + 4 + 2
)

// pause returns a handshake that waits for HS2 and one that waits for HS3, with the messages so far.
func pause(t testing.TB, i, r *member) (ini *handshake.Initiator, hs1 []byte, res *handshake.Responder, hs2 []byte) {
	t.Helper()
	ini, hs1, err := i.initiate(r.party)
	require.NoError(t, err)
	res, hs2, err = r.respond(i.party, hs1)
	require.NoError(t, err)
	return ini, hs1, res, hs2
}

// flips calls f with b changed in one bit, for one bit of each byte, and for all bits of the first whole bytes.
func flips(b []byte, whole int, f func(bit int)) {
	for at := range 8 * len(b) {
		if at/8 >= whole && at%8 != at/8%8 {
			continue
		}
		b[at/8] ^= 1 << (at % 8)
		f(at)
		b[at/8] ^= 1 << (at % 8)
	}
}

func TestNoByteOfHS1CanBeChanged(t *testing.T) {
	ann, bob := newMember(t, 7), newMember(t, 2)
	ini, hs1, err := ann.initiate(bob.party)
	require.NoError(t, err)
	flips(hs1, atKEM, func(bit int) {
		_, hs2, err := bob.respond(ann.party, hs1)
		if err == nil {
			require.True(t, bit/8 < 32 || bit/8 >= atKEM, "bit %d: what is said in clear is refused at once", bit)
			_, _, err = ini.Clone().Finish(hs2)
		}
		require.Error(t, err, "bit %d", bit)
	})
	_, hs2, err := bob.respond(ann.party, hs1)
	require.NoError(t, err)
	_, _, err = ini.Finish(hs2)
	assert.NoError(t, err, "as it was, it is good")
}

func TestNoByteOfHS2CanBeChanged(t *testing.T) {
	ini, _, res, hs2 := pause(t, newMember(t, 7), newMember(t, 2))
	flips(hs2, atKEM, func(bit int) {
		tag, keys, err := ini.Clone().Finish(hs2)
		require.Error(t, err, "bit %d", bit)
		require.Nil(t, tag)
		require.Zero(t, keys)
	})
	tag, _, err := ini.Finish(hs2)
	require.NoError(t, err)
	_, err = res.Finish(tag)
	assert.NoError(t, err)
}

func TestNoByteOfTheLastTagCanBeChanged(t *testing.T) {
	ini, _, res, hs2 := pause(t, newMember(t, 7), newMember(t, 2))
	tag, _, err := ini.Finish(hs2)
	require.NoError(t, err)
	flips(tag, len(tag), func(bit int) {
		keys, err := res.Clone().Finish(tag)
		require.ErrorIs(t, err, handshake.ErrTag, "bit %d", bit)
		require.Zero(t, keys)
	})
	for _, wrong := range [][]byte{hs2[len(hs2)-32:], make([]byte, 32)} {
		_, err := res.Clone().Finish(wrong)
		assert.ErrorIs(t, err, handshake.ErrTag)
	}
	_, err = res.Finish(tag)
	assert.NoError(t, err)
}

func TestNoByteOfAnAnnouncementCanBeChanged(t *testing.T) {
	for _, whose := range []string{"I", "R"} {
		ann, bob := newMember(t, 7), newMember(t, 2)
		who := map[string]*member{"I": ann, "R": bob}[whose]
		announced := who.id.Announce(who.party.Nonce)
		require.Len(t, announced, 52)
		flips(announced, 4, func(bit int) {
			a, err := handshake.ParseAnnounce(announced)
			if err != nil {
				return
			}
			require.GreaterOrEqual(t, bit/8, 4, "version and suites are refused")
			i, r := ann.party, bob.party // as the other side sees them
			if whose == "I" {
				i = a.Party(7)
			} else {
				r = a.Party(2)
			}
			ini, hs1, err := ann.initiate(r)
			require.NoError(t, err)
			_, hs2, err := bob.respond(i, hs1)
			require.NoError(t, err)
			_, _, err = ini.Finish(hs2)
			require.ErrorIs(t, err, handshake.ErrTag, "%s, bit %d", whose, bit)
		})
	}
}

func TestNoPrefixIsRead(t *testing.T) {
	ann, bob := newMember(t, 7), newMember(t, 2)
	ini, hs1, res, hs2 := pause(t, ann, bob)
	tag, _, err := ini.Clone().Finish(hs2)
	require.NoError(t, err)
	announced := ann.id.Announce(ann.party.Nonce)
	for _, row := range []struct {
		name  string
		whole []byte
		read  func(b []byte) error
	}{
		{"announcement", announced, func(b []byte) error { _, err := handshake.ParseAnnounce(b); return err }},
		{"HS1", hs1, func(b []byte) error { _, _, err := bob.respond(ann.party, b); return err }},
		{"HS2", hs2, func(b []byte) error { _, _, err := ini.Clone().Finish(b); return err }},
		{"tag", tag, func(b []byte) error { _, err := res.Clone().Finish(b); return err }},
	} {
		t.Run(row.name, func(t *testing.T) {
			for n := range row.whole {
				require.ErrorIs(t, row.read(row.whole[:n]), handshake.ErrMalformed, "the first %d bytes", n)
			}
			assert.ErrorIs(t, row.read(append(bytes.Clone(row.whole), 0)), handshake.ErrMalformed, "a byte more")
			assert.NoError(t, row.read(row.whole))
		})
	}
}

// splice returns b with the bytes from at on replaced.
func splice(b []byte, at, n int, by ...byte) []byte {
	return append(append(bytes.Clone(b[:at]), by...), b[at+n:]...)
}

func TestWhatHS1MaySay(t *testing.T) {
	ann, bob := newMember(t, 7), newMember(t, 2)
	_, hs1, err := ann.initiate(bob.party)
	require.NoError(t, err)
	ek := hs1[atKEM:]
	with := func(offer ...byte) []byte { return append(bytes.Clone(hs1[:32]), lv.Cat(offer, ek)...) }
	for _, row := range []struct {
		name string
		hs1  []byte
		want error
	}{
		{"as it is", hs1, nil},
		{"the same, built here", with(1, 3, 0xF0, 1), nil},
		{"more suites", with(1, 3, 0, 4, 0xF0, 1, 0, 5), nil},
		{"eight suites", with(append([]byte{1, 3}, append(bytes.Repeat([]byte{0, 4}, 7), 0xF0, 1)...)...), nil},
		{"nine suites", with(append([]byte{1, 3}, bytes.Repeat([]byte{0xF0, 1}, 9)...)...), handshake.ErrMalformed},
		{"other suites only", with(1, 3, 0, 4), handshake.ErrSuite},
		{"our suite across two others", with(1, 3, 0, 0xF0, 1, 0), handshake.ErrSuite},
		{"no suites", with(1, 3), handshake.ErrMalformed},
		{"half a suite", with(1, 3, 0xF0), handshake.ErrMalformed},
		{"a suite and a half", with(1, 3, 0xF0, 1, 0xF0), handshake.ErrMalformed},
		{"nothing", with(), handshake.ErrMalformed},
		{"another version", with(2, 3, 0xF0, 1), handshake.ErrMalformed},
		{"another epoch", with(1, 4, 0xF0, 1), handshake.ErrEpoch},
		{"a length in two bytes", splice(hs1, 32, 1, 0x84, 0), handshake.ErrMalformed},
		{"a key of another size", append(bytes.Clone(hs1[:32]), lv.Cat(hs1[atOffer:atOffer+4], ek[1:])...), handshake.ErrMalformed},
		{"no key", append(bytes.Clone(hs1[:32]), lv.Cat(hs1[atOffer:atOffer+4])...), handshake.ErrMalformed},
		{"a third part", append(bytes.Clone(hs1), lv.Cat(nil)...), handshake.ErrMalformed},
		{"a key of numbers that are too big", append(bytes.Clone(hs1[:atKEM]), bytes.Repeat([]byte{0xFF}, len(ek))...), handshake.ErrMalformed},
		{"a Y of low order", append(make([]byte, 32), hs1[32:]...), handshake.ErrKey},
	} {
		t.Run(row.name, func(t *testing.T) {
			res, hs2, err := bob.respond(ann.party, row.hs1)
			if row.want == nil {
				require.NoError(t, err)
				assert.Len(t, hs2, 1159)
				return
			}
			assert.ErrorIs(t, err, row.want)
			assert.Nil(t, res)
			assert.Nil(t, hs2)
		})
	}
}

func TestWhatHS2MaySay(t *testing.T) {
	ini, _, _, hs2 := pause(t, newMember(t, 7), newMember(t, 2))
	body, tag := hs2[:len(hs2)-32], hs2[len(hs2)-32:]
	with := func(offer ...byte) []byte {
		return append(append(bytes.Clone(hs2[:32]), lv.Cat(offer, body[atKEM:])...), tag...)
	}
	for _, row := range []struct {
		name string
		hs2  []byte
		want error
	}{
		{"as it is, built here", with(1, 3, 0xF0, 1), nil},
		{"a suite that was not offered", with(1, 3, 0, 4), handshake.ErrSuite},
		{"two suites", with(1, 3, 0xF0, 1, 0xF0, 1), handshake.ErrMalformed},
		{"another version", with(0, 3, 0xF0, 1), handshake.ErrMalformed},
		{"another epoch", with(1, 2, 0xF0, 1), handshake.ErrEpoch},
		{"a Y of low order", append(make([]byte, 32), hs2[32:]...), handshake.ErrKey},
		{"another ciphertext", append(append(bytes.Clone(hs2[:atKEM]), make([]byte, len(body)-atKEM)...), tag...), handshake.ErrTag},
		{"no tag", body, handshake.ErrMalformed},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, _, err := ini.Clone().Finish(row.hs2)
			assert.ErrorIs(t, err, row.want)
		})
	}
}

func TestTheEpochCanBeRead(t *testing.T) {
	_, hs1, _, hs2 := pause(t, newMember(t, 7), newMember(t, 2))
	for _, message := range [][]byte{hs1, hs2} {
		epoch, ok := handshake.Epoch(message)
		assert.True(t, ok)
		assert.EqualValues(t, 3, epoch)
		for n := range atOffer + 2 {
			_, ok := handshake.Epoch(message[:n])
			assert.False(t, ok)
		}
		message[atOffer]++
		_, ok = handshake.Epoch(message)
		assert.False(t, ok, "another version")
	}
}

func TestWhatAnAnnouncementMaySay(t *testing.T) {
	tail := make([]byte, 48)
	tail[0] = 9
	with := func(head ...byte) []byte { return append(head, tail...) }
	for _, row := range []struct {
		name string
		b    []byte
		want error
	}{
		{"one suite", with(1, 1, 0xF0, 1), nil},
		{"ours among others", with(1, 3, 0, 4, 0xF0, 1, 0, 5), nil},
		{"other suites only", with(1, 2, 0, 4, 0, 5), handshake.ErrSuite},
		{"no suites", with(1, 0), handshake.ErrMalformed},
		{"nine suites", with(append([]byte{1, 9}, bytes.Repeat([]byte{0xF0, 1}, 9)...)...), handshake.ErrMalformed},
		{"fewer suites than it says", with(1, 2, 0xF0, 1), handshake.ErrMalformed},
		{"another version", with(2, 1, 0xF0, 1), handshake.ErrMalformed},
		{"an identity with the highest bit", splice(with(1, 1, 0xF0, 1), 35, 1, 0x80), handshake.ErrKey},
	} {
		t.Run(row.name, func(t *testing.T) {
			a, err := handshake.ParseAnnounce(row.b)
			assert.ErrorIs(t, err, row.want)
			if row.want == nil {
				assert.Equal(t, [32]byte{9}, a.ID)
				assert.Contains(t, a.Suites, uint16(handshake.Suite))
			} else {
				assert.Zero(t, a)
			}
		})
	}
}
