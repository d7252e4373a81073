// Package channel is the encrypted channel between two members, made of the keys of their handshake (e2ee.md, 7). The
// relay carries its records and can stop them, but not read, change, repeat, reorder or drop one: the first such thing
// ends the channel.
//
//	record n  = ChaCha20-Poly1305(k_n, nonce = 0x00000000 || n u64, aad = "CNCL1ch" || n u64, plaintext)
//	k_(n+1)   = HKDF-Expand(k_n, "Conclave E2EE v1 channel ratchet", 32)      SHA-256; k_n is then gone for good
//	plaintext = type u8 | length u16 | body | zeros up to a multiple of 64 bytes (of 256 for chat)
//
// n counts from 0 in each direction and is not sent. The padding hides how long names and texts are, but for the class.
//
//	type             body
//	0x01 KEYS        generation u32 | step u8 | base key 32 | reason u8 | roster digest 32
//	0x02 KEYS_ACK    generation u32 | roster digest 32
//	0x03 PROFILE     colour u8 | hand i64 | name | labels of 4 streams           each: length u8 | UTF-8
//	0x04 CHAT        id u64 | time i64 | UTF-8                                   to everybody
//	0x05 REACTION    UTF-8
//	0x06 PING        roster digest 32
//	0x07 PASSPHRASE  epoch u8 | UTF-8
//	0x08, 0x09       kept for the comparison of short codes (e2ee.md, 9.3)
//	0x0A BYE         reason u8
//	0x0B WHISPER     as CHAT                                                     to this peer alone
//
// Numbers are big endian. Every body has one spelling: what is parsed is what would be written.
package channel
