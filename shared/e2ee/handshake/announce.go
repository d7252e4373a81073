package handshake

import "encoding/binary"

// maxSuites is how many cipher suites a peer may name. There is one; more lets later versions name theirs, and each
// costs two bytes.
const maxSuites = 8

// Announce is what a member tells everybody through the relay when it joins.
type Announce struct {
	ID     [IDSize]byte
	Nonce  [NonceSize]byte
	Suites []uint16 // what the member can do; the handshake asks again, where nobody can change it
}

// Party is the announcing member as one side of a handshake.
func (a *Announce) Party(index uint16) Party { return Party{Index: index, ID: a.ID, Nonce: a.Nonce} }

// Announce returns the announcement of this identity, 52 bytes. nonce is random, and of one session.
func (id *Identity) Announce(nonce [NonceSize]byte) []byte {
	out := []byte{Version, 1}
	out = binary.BigEndian.AppendUint16(out, Suite)
	return append(append(out, id.public[:]...), nonce[:]...)
}

// ParseAnnounce reads an announcement. It returns [ErrMalformed], [ErrSuite] when none of the suites is ours, and
// [ErrKey] for an identity that is not in its only form.
func ParseAnnounce(b []byte) (Announce, error) {
	if len(b) < 2 || b[0] != Version {
		return Announce{}, ErrMalformed
	}
	n := int(b[1])
	if n == 0 || n > maxSuites || len(b) != 2+2*n+IDSize+NonceSize {
		return Announce{}, ErrMalformed
	}
	suites, rest := b[2:2+2*n], b[2+2*n:]
	a := Announce{ID: [IDSize]byte(rest[:IDSize]), Nonce: [NonceSize]byte(rest[IDSize:]), Suites: parseSuites(suites)}
	switch {
	case !has(suites):
		return Announce{}, ErrSuite
	case !canonical(a.ID):
		return Announce{}, ErrKey
	}
	return a, nil
}

// parseSuites reads suites, two bytes each.
func parseSuites(b []byte) []uint16 {
	var out []uint16
	for ; len(b) >= 2; b = b[2:] {
		out = append(out, binary.BigEndian.Uint16(b))
	}
	return out
}

// has tells whether our suite is among those in b.
func has(b []byte) bool {
	for _, s := range parseSuites(b) {
		if s == Suite {
			return true
		}
	}
	return false
}
