package auth

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Params are the cost of one Argon2id hash (RFC 9106).
type Params struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// defaultParams are OWASP's minimum for Argon2id: 25 ms on the 2-core machine
// they were measured on. More costs a guesser who stole the file more, and lets
// fewer hosts sign in per second.
var defaultParams = Params{Memory: 19 * 1024, Time: 2, Threads: 1}

// Bounds of what a stored hash may ask for, so that a record cannot make the
// relay run out of memory or time.
const (
	maxMemory  = 1 << 20 // KiB, so 1 GiB
	maxTime    = 64
	maxThreads = 64
)

func (p Params) check() error {
	if p.Memory < 8*uint32(p.Threads) || p.Memory > maxMemory ||
		p.Time < 1 || p.Time > maxTime || p.Threads < 1 || p.Threads > maxThreads {
		return errors.New("argon2id parameters out of range")
	}
	return nil
}

// Lengths in bytes: what new hashes have, and what stored ones may have.
const (
	saltSize, minSalt, maxSalt = 16, 8, 64
	sumSize, minSum, maxSum    = 32, 16, 64
)

// phc is an Argon2id hash with all that is needed to check a password.
type phc struct {
	Params
	salt, sum []byte
}

// argon2Version is 0x13, the one version in use.
const argon2Version = argon2.Version

// String returns the PHC form, "$argon2id$v=19$m=19456,t=2,p=1$salt$sum", salt
// and sum in unpadded base64
// (https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md).
func (h phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2Version,
		h.Memory, h.Time, h.Threads, b64.EncodeToString(h.salt), b64.EncodeToString(h.sum))
}

// errPHC does not repeat what it was given, which is as good as a password to a guesser.
var errPHC = errors.New("not an argon2id hash in PHC form")

// parsePHC reads what String writes, and nothing else: no other order of
// parameters, no leading zeros, no padding.
func parsePHC(s string) (phc, error) {
	fields := strings.Split(s, "$")
	if len(fields) != 6 || len(s) > 512 {
		return phc{}, errPHC
	}
	var h phc
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &h.Memory, &h.Time, &h.Threads); err != nil {
		return phc{}, errPHC
	}
	if err := h.check(); err != nil {
		return phc{}, err
	}
	var err1, err2 error
	h.salt, err1 = base64.RawStdEncoding.DecodeString(fields[4])
	h.sum, err2 = base64.RawStdEncoding.DecodeString(fields[5])
	if err1 != nil || err2 != nil ||
		len(h.salt) < minSalt || len(h.salt) > maxSalt || len(h.sum) < minSum || len(h.sum) > maxSum {
		return phc{}, errPHC
	}
	if h.String() != s {
		return phc{}, errPHC
	}
	return h, nil
}

// derive is Argon2id, or what a test puts in its place.
type derive func(password, salt []byte, p Params, size int) []byte

func argon2id(password, salt []byte, p Params, size int) []byte {
	return argon2.IDKey(password, salt, p.Time, p.Memory, p.Threads, uint32(size))
}

// makePHC hashes a password with a fresh salt from random.
func makePHC(d derive, random io.Reader, p Params, password []byte) (phc, error) {
	h := phc{Params: p, salt: make([]byte, saltSize)}
	if _, err := io.ReadFull(random, h.salt); err != nil {
		return phc{}, fmt.Errorf("draw a salt: %w", err)
	}
	h.sum = d(password, h.salt, p, sumSize)
	return h, nil
}

// matches reports whether password is the one behind h, in the same time
// whether it is or not.
func (h phc) matches(d derive, password []byte) bool {
	return subtle.ConstantTimeCompare(d(password, h.salt, h.Params, len(h.sum)), h.sum) == 1
}
