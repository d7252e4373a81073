package conf

import (
	"errors"
	"strings"

	"github.com/conclave-meet/conclave/shared/e2ee/passphrase"
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/roomname"
)

// Codes of what is wrong with a passphrase.
const (
	codePhraseEmpty   = "crypto.empty"
	codePhraseControl = "crypto.control" // it has control characters
	codePhraseLong    = "crypto.long"
	codePhraseWeak    = "crypto.weak"
	codePhraseNone    = "crypto.passphrase" // there is none yet
)

// Passphrase is the room's passphrase, for copying it and for the invitation; "" when there is none. It is not in the
// View, which goes where people look for faults.
func (s *State) Passphrase() string { return s.crypt.text }

// cleaned is a passphrase as everybody writes it, or the code of why it is refused.
func cleaned(text string) (clean, code string) {
	clean, err := passphrase.Clean(text, roomname.NFC)
	switch {
	case errors.Is(err, passphrase.ErrEmpty):
		return "", codePhraseEmpty
	case errors.Is(err, passphrase.ErrControl):
		return "", codePhraseControl
	case err != nil:
		return "", codePhraseLong
	case strengthOf(clean).Class() == roomname.Weak:
		// The relay gets a guess for each handshake: below 10^8 that would be too many chances (e2ee.md, 12).
		return "", codePhraseWeak
	}
	return clean, ""
}

// strengthOf scores a passphrase as a room's name of the same words, which is what the scorer knows: small letters, with
// hyphens between the words. What that takes away is on the safe side.
func strengthOf(clean string) roomname.Strength {
	return roomname.Score(strings.ReplaceAll(strings.ToLower(clean), " ", "-"))
}

// PassphraseStrength scores a passphrase as it is typed, for the meter.
func PassphraseStrength(text string) Strength {
	clean, err := passphrase.Clean(text, roomname.NFC)
	if err != nil {
		return Strength{Weak: true}
	}
	x := strengthOf(clean)
	return Strength{Level: x.Bars(), Weak: x.Class() == roomname.Weak, Log10: x.Log10()}
}

func (s *State) secret() port.Secret {
	return port.Secret{Room: s.view.Room.Name, Passphrase: s.crypt.text}
}
