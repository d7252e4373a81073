// Package sframe is SFrame (RFC 9605): the encryption of one media frame, or of one piece of it, with a key that the
// sender and its receivers share.
//
//	frame  = header || ciphertext || tag
//	header = config byte, KID and CTR in as few bytes as they need   (RFC 9605, section 4.3)
//	nonce  = salt XOR CTR, as 96-bit numbers                         (section 4.4.3)
//	AAD    = header || metadata                                      (section 4.4.3)
//
// A [Sealer] seals with one key and counts; an [Opener] opens what one Sealer sealed and refuses replays. Who gets which
// key, what a key identifier means and what travels around the frame is decided elsewhere (senderkey, envelope).
//
// Conclave uses [ChaCha20Poly1305] only. The registered suites lie in package suites, so that programs that do not
// import it do not link AES; the published test vectors prove the framing through them.
package sframe
