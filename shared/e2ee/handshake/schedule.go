package handshake

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"

	"github.com/conclave-meet/conclave/shared/e2ee/cpace"
)

// shared is the three secrets that both sides have found, each for a reason of its own: isk proves the passphrase, dh
// the identities, kem outlives elliptic curves.
type shared struct {
	isk [cpace.KeySize]byte
	dh  [IDSize]byte
	kem []byte // 32 bytes
}

func (s *shared) wipe() {
	clear(s.kem)
	*s = shared{}
}

// schedule is what is derived from them, k_x.
type schedule struct {
	confirmI, confirmR [32]byte
	toR, toI           [32]byte // channel I>R and R>I
}

func (k *schedule) wipe() { *k = schedule{} }

// derive returns the keys of the handshake with this transcript.
func (s *shared) derive(th [32]byte) (*schedule, error) {
	secret := make([]byte, 0, len(s.isk)+len(s.dh)+len(s.kem))
	secret = append(append(append(secret, s.isk[:]...), s.dh[:]...), s.kem...)
	defer clear(secret)
	prk, err := hkdf.Extract(sha256.New, secret, th[:])
	if err != nil {
		return nil, err
	}
	defer clear(prk)
	k := new(schedule)
	for _, part := range []struct {
		key  *[32]byte
		name string
	}{
		{&k.confirmI, "confirm I"}, {&k.confirmR, "confirm R"}, {&k.toR, "channel I>R"}, {&k.toI, "channel R>I"},
	} {
		key, err := hkdf.Expand(sha256.New, prk, labelKey+part.name, len(part.key))
		if err != nil {
			return nil, err
		}
		copy(part.key[:], key)
		clear(key)
	}
	return k, nil
}

// tags returns tag_R and tag_I.
func (k *schedule) tags(th [32]byte) (r, i []byte) {
	m := hmac.New(sha256.New, k.confirmR[:])
	m.Write(th[:])
	r = m.Sum(nil)
	m = hmac.New(sha256.New, k.confirmI[:])
	m.Write(th[:])
	m.Write(r)
	return r, m.Sum(nil)
}
