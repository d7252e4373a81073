// Package flat makes VP8 frames (RFC 6386) of one grey plane, in any size and with every pattern of references: what a
// synthetic camera sends so that browsers decode it and draw it. It compresses nothing, as there is nothing in a frame;
// a key frame costs about three bits a macroblock, any other one a sixth of a bit.
package flat
