// Package handshake makes two members who typed the same passphrase share keys that nobody else has (e2ee.md, 6). It is
// CPace (draft-irtf-cfrg-cpace: a passphrase can be tried only in a handshake, once each, never on what was recorded)
// joined with a Diffie-Hellman of both members' identities (what the security code shows is what the keys hang on) and
// with ML-KEM-768 (a quantum computer that comes later reads nothing).
//
// The initiator I is who joined later, and so has the higher index; the responder R answers. Roles follow from the
// indices, so that two members never both begin.
//
//	announce = ver=1 | count | count × suite u16 | idpk 32 | nonce 16       to everybody, through the relay, in clear
//
//	HS1 I→R  = Y_I 32 | AD_I           AD_I = lv_cat(ver ‖ epoch ‖ suites, ek_I)     1223 bytes with one suite
//	HS2 R→I  = Y_R 32 | AD_R | tag_R   AD_R = lv_cat(ver ‖ epoch ‖ suite, ct_R)      1159 bytes
//	HS3 I→R  = tag_I 32 | first record of the channel
//
//	P(x)  = lv_cat(index_x u16, idpk_x, nonce_x)
//	CI    = lv_cat("Conclave E2EE v1", realm, room, P(I), P(R))
//	sid   = SHA-256(lv_cat("Conclave E2EE v1 sid", nonce_I, nonce_R))
//	ISK   = CPace with the passphrase, CI, sid, AD_I and AD_R
//	dh    = X25519 of the identities
//	kem   = what ct_R hides from all but the owner of ek_I
//	th    = SHA-256(lv_cat("Conclave E2EE v1 hs", CI, sid, Y_I, AD_I, Y_R, AD_R))
//	prk   = HKDF-Extract(salt = th, ISK ‖ dh ‖ kem)                                 SHA-256
//	k_x   = HKDF-Expand(prk, "Conclave E2EE v1 " ‖ x, 32)        x: confirm I, confirm R, channel I>R, channel R>I
//	tag_R = HMAC-SHA256(k_confirm_R, th)
//	tag_I = HMAC-SHA256(k_confirm_I, th ‖ tag_R)
//
// Numbers are big endian. Whoever changes anything of it, or has another passphrase, makes a tag wrong, and that is all
// there is to see. Secrets are overwritten after use as far as Go lets one: what the standard library keeps of them
// inside (expanded keys) is left to the garbage collector.
//
// The composition is Conclave's own and was not reviewed by others (docs/security.md).
package handshake
