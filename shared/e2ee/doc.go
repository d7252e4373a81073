// Package e2ee is the end-to-end encryption of media frames: what a member that holds keys does with the frames of its
// encoders and decoders. The specification is e2ee.md, section 4; the parts are packages sframe (the cipher and its
// framing), envelope (what stays readable around it) and senderkey (which key).
//
// It is pure Go without clock, randomness or input and output, and runs the same in the browsers' encryption worker
// and in native programs. The relay must not import it.
package e2ee
