// Package e2ee is the end-to-end encryption of a room, as one member does it. [Frames] is what a member that holds keys
// does with the frames of its encoders and decoders (e2ee.md, 4). [Session] finds the keys: it proves to the others that
// we typed the same passphrase, tells them our keys and takes theirs, and says what people are to see (e2ee.md, 6 to 10).
//
// The parts are packages of their own: sframe (the cipher and its framing), envelope (what stays readable around it),
// senderkey (which key), passphrase, cpace, handshake, channel and code (the security code).
//
// It is pure Go without clock, goroutines or input and output, and runs the same in the browsers' encryption worker and
// in native programs. The relay must not import it.
package e2ee
