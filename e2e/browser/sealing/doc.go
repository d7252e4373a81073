// Package sealing tests the encryption worker in real browsers, without a relay: the test itself passes on what members say
// to each other, and their media goes from peer connection to peer connection. Its benchmarks print what `make bench`
// quotes. It needs the built site (make site).
package sealing
