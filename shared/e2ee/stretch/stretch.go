// Package stretch makes of a passphrase the secret that CPace takes (e2ee.md, 5).
//
//	salt = SHA-256(lv_cat("Conclave E2EE v1 passphrase salt", room)), the first 16 bytes
//	PRS  = Argon2id(passphrase, salt, t = 2, m = 19456 KiB, p = 1), 32 bytes
//
// Security does not rest on Argon2id, since nobody can test guesses without a member that answers. It is a hedge: it slows
// down whoever got PRS out of a member's memory, or can compute discrete logarithms one day.
//
// It stands apart from package passphrase, so that who only cleans what people type links no hash functions.
package stretch

import (
	"crypto/sha256"

	"golang.org/x/crypto/argon2"

	"github.com/conclave-meet/conclave/shared/e2ee/lv"
)

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

// PRS returns what CPace takes for a secret. clean is what passphrase.Clean returned; room is the canonical name of the
// room. It takes 19 MiB and about 40 ms, in WebAssembly 0.1 to 0.2 s: call it where nothing else has to go on meanwhile.
func PRS(clean, room string) [32]byte {
	return [prsSize]byte(argon2.IDKey([]byte(clean), salt(room), passes, memory, lanes, prsSize))
}

func salt(room string) []byte {
	hash := sha256.Sum256(lv.Cat([]byte(labelSalt), []byte(room)))
	return hash[:saltSize]
}
