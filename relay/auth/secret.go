package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// hidden is what secret and personal values print as.
const hidden = "[hidden]"

// Token is a secret whose bearer may use it: an enrolment link, a session or a
// ticket. It is 32 random bytes in unpadded base64url, 43 characters.
// It prints and marshals as "[hidden]"; string(t) reveals it, which belongs
// only where it is handed to its owner.
type Token string

// Password is what a person typed as password. Prints as "[hidden]".
type Password string

// Name is a canonical account name, see ParseName. Prints as "[hidden]".
type Name string

// Format implements fmt.Formatter for every verb, %x and %d too.
func (Token) Format(f fmt.State, _ rune) { hide(f) }

// LogValue implements slog.LogValuer.
func (Token) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText keeps a token that sits inside a logged struct out of the log.
func (Token) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Format implements fmt.Formatter.
func (Password) Format(f fmt.State, _ rune) { hide(f) }

// LogValue implements slog.LogValuer.
func (Password) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText is to Password what it is to Token.
func (Password) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Format implements fmt.Formatter.
func (Name) Format(f fmt.State, _ rune) { hide(f) }

// LogValue implements slog.LogValuer.
func (Name) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText is to Name what it is to Token.
func (Name) MarshalText() ([]byte, error) { return []byte(hidden), nil }

func hide(f fmt.State) { _, _ = io.WriteString(f, hidden) }

// tokenSize is the length of a token in bytes. 16 would be beyond guessing
// (ASVS 5.0, 7.2.3); 32 costs nothing more.
const tokenSize = 32

// digest is the SHA-256 of a token's bytes: what is stored in its place. A fast
// hash is right here, for a token cannot be guessed, only read.
type digest [sha256.Size]byte

// String is the form in which a digest is a key of the store.
func (d digest) String() string { return hex.EncodeToString(d[:]) }

// newToken draws a token from random.
func newToken(random io.Reader) (Token, digest, error) {
	var b [tokenSize]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", digest{}, fmt.Errorf("draw a token: %w", err)
	}
	return Token(base64.RawURLEncoding.EncodeToString(b[:])), sha256.Sum256(b[:]), nil
}

// digest returns what t is stored as; false when t cannot be a token at all.
func (t Token) digest() (digest, bool) {
	if len(t) != base64.RawURLEncoding.EncodedLen(tokenSize) {
		return digest{}, false
	}
	// Strict: a token has one spelling, so that it cannot be varied in its unused bits.
	b, err := base64.RawURLEncoding.Strict().DecodeString(string(t))
	if err != nil || len(b) != tokenSize {
		return digest{}, false
	}
	return sha256.Sum256(b), true
}

// The length of a password in code points, after NFC. Eight is ASVS 5.0, 6.2.1;
// more would be safer and annoys people into notes on monitors. The upper bound
// only keeps the work per try bounded.
const (
	minPassword = 8
	maxPassword = 256
)

// normal returns p as it is hashed: in NFC, so that one password typed on two
// systems is the same bytes. It returns false for what no account's password
// can be, because it is too long or not UTF-8; short ones pass.
func (p Password) normal() ([]byte, bool) {
	// NFC leaves at least a third of a text's bytes (unicode.org/faq/normalization,
	// maximum expansion), so a text longer than this is too long in any form.
	if len(p) > 3*utf8.UTFMax*maxPassword || !utf8.ValidString(string(p)) {
		return nil, false
	}
	b := norm.NFC.Bytes([]byte(p))
	return b, utf8.RuneCount(b) <= maxPassword
}

// acceptable is normal for a password somebody chooses: long enough as well.
func (p Password) acceptable() ([]byte, bool) {
	b, ok := p.normal()
	return b, ok && utf8.RuneCount(b) >= minPassword
}
