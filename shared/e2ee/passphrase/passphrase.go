// Package passphrase makes of what people type the secret that CPace takes (e2ee.md, 5).
//
//	text = NFC(typed), without white space around it, with one blank for each run of white space in it
//	salt = SHA-256(lv_cat("Conclave E2EE v1 passphrase salt", room)), the first 16 bytes
//	PRS  = Argon2id(text, salt, t = 2, m = 19456 KiB, p = 1), 32 bytes
//
// Security does not rest on Argon2id, since nobody can test guesses without a member that answers. It is a hedge: it slows
// down whoever got PRS out of a member's memory, or can compute discrete logarithms one day.
//
// Whether a passphrase is good enough is not decided here (package roomname).
package passphrase

import (
	"crypto/sha256"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/conclave-meet/conclave/shared/e2ee/lv"
)

// MaxSize is the length of the longest passphrase in bytes, cleaned. Less would refuse sentences in scripts that take three
// bytes per letter; more would only make the records larger that tell others a new passphrase.
const MaxSize = 256

const labelSalt = "Conclave E2EE v1 passphrase salt"

// Parameters of Argon2id, of the specification (they are OWASP's least). More memory would stay with the page for the
// whole call where the function runs in WebAssembly, which never gives memory back.
const (
	passes   = 2
	memory   = 19456 // KiB
	lanes    = 1
	saltSize = 16 // bytes
	prsSize  = 32 // bytes
)

var (
	// ErrEmpty says that nothing is left of a passphrase.
	ErrEmpty = errors.New("empty passphrase")
	// ErrControl says that a passphrase holds control characters, or bytes that are no UTF-8: people could not type it.
	ErrControl = errors.New("control character in passphrase")
	// ErrLong says that a passphrase takes more than MaxSize bytes.
	ErrLong = errors.New("passphrase too long")
)

// Clean returns the passphrase that text stands for, so that people who type the same get the same, whatever their
// keyboards and their clipboards make of it. nfc brings a string into Unicode's normalization form C: the browser's or
// golang.org/x/text/unicode/norm's. Line breaks and tabs are white space; other control characters are refused. The
// result comes out of Clean as it is.
func Clean(text string, nfc func(string) string) (string, error) {
	clean := strings.Join(strings.Fields(nfc(text)), " ")
	switch {
	case clean == "":
		return "", ErrEmpty
	case !utf8.ValidString(clean) || strings.ContainsFunc(clean, unicode.IsControl):
		return "", ErrControl
	case len(clean) > MaxSize:
		return "", ErrLong
	}
	return clean, nil
}

// PRS returns what CPace takes for a secret. clean is what Clean returned; room is the canonical name of the room. It
// takes 19 MiB and about 40 ms, in WebAssembly 0.1 to 0.2 s: call it where nothing else has to go on meanwhile.
func PRS(clean, room string) [32]byte {
	return [prsSize]byte(argon2.IDKey([]byte(clean), salt(room), passes, memory, lanes, prsSize))
}

func salt(room string) []byte {
	hash := sha256.Sum256(lv.Cat([]byte(labelSalt), []byte(room)))
	return hash[:saltSize]
}
