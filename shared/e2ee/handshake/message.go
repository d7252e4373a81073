package handshake

import (
	"crypto/mlkem"
	"encoding/binary"

	"github.com/conclave-meet/conclave/shared/e2ee/cpace"
	"github.com/conclave-meet/conclave/shared/e2ee/lv"
)

// Sizes of parts of HS1 and HS2, in bytes.
const (
	pointSize = cpace.PointSize
	offerSize = 2 // of ver ‖ epoch, before the suites
)

// newMessage returns what a side sends: Y, and AD = lv_cat(ver ‖ epoch ‖ suite, kem).
func newMessage(y [pointSize]byte, epoch uint8, kem []byte) cpace.Message {
	offer := binary.BigEndian.AppendUint16([]byte{Version, epoch}, Suite)
	return cpace.Message{Y: y[:], AD: lv.Cat(offer, kem)}
}

// join returns Y || AD || tag.
func join(m cpace.Message, tag []byte) []byte {
	out := make([]byte, 0, len(m.Y)+len(m.AD)+len(tag))
	return append(append(append(out, m.Y...), m.AD...), tag...)
}

// decode splits a message, without a tag, into Y and AD, and AD into the suites that it names and what it carries for
// ML-KEM, size bytes. All that it returns lies in b. It returns [ErrMalformed], or [ErrEpoch] when the message is of
// another passphrase epoch.
func decode(b []byte, epoch uint8, size int) (m cpace.Message, suites, kem []byte, err error) {
	if len(b) < pointSize {
		return m, nil, nil, ErrMalformed
	}
	m = cpace.Message{Y: b[:pointSize:pointSize], AD: b[pointSize:]}
	offer, rest, err := lv.Cut(m.AD)
	if err != nil {
		return m, nil, nil, ErrMalformed
	}
	kem, rest, err = lv.Cut(rest)
	if err != nil || len(rest) != 0 || len(kem) != size {
		return m, nil, nil, ErrMalformed
	}
	n := len(offer) - offerSize
	if n < 2 || n > 2*maxSuites || n%2 != 0 || offer[0] != Version {
		return m, nil, nil, ErrMalformed
	}
	if offer[1] != epoch {
		return m, nil, nil, ErrEpoch
	}
	return m, offer[offerSize:], kem, nil
}

// decodeHS1 returns I's message and its ML-KEM key.
func decodeHS1(hs1 []byte, epoch uint8) (cpace.Message, *mlkem.EncapsulationKey768, error) {
	m, suites, kem, err := decode(hs1, epoch, mlkem.EncapsulationKeySize768)
	if err != nil {
		return m, nil, err
	}
	if !has(suites) {
		return m, nil, ErrSuite
	}
	ek, err := mlkem.NewEncapsulationKey768(kem)
	if err != nil { // numbers that are not below the modulus (FIPS 203, section 7.2)
		return m, nil, ErrMalformed
	}
	return m, ek, nil
}

// decodeHS2 returns R's message, its ML-KEM ciphertext and its tag.
func decodeHS2(hs2 []byte, epoch uint8) (m cpace.Message, ct, tag []byte, err error) {
	body := len(hs2) - TagSize
	if body < 0 {
		return m, nil, nil, ErrMalformed
	}
	m, suites, ct, err := decode(hs2[:body], epoch, mlkem.CiphertextSize768)
	if err != nil {
		return m, nil, nil, err
	}
	switch {
	case len(suites) != 2: // a choice is one
		return m, nil, nil, ErrMalformed
	case !has(suites):
		return m, nil, nil, ErrSuite
	}
	return m, ct, hs2[body:], nil
}

// Epoch tells the passphrase epoch that an HS1 or HS2 names, in clear and unproven: for whoever got [ErrEpoch]. It
// reports false for a message that is too short or of another version.
func Epoch(message []byte) (uint8, bool) {
	const offer = pointSize + 1 // AD begins with the offer's length, which is one byte
	if len(message) < offer+offerSize || message[offer] != Version {
		return 0, false
	}
	return message[offer+1], true
}
