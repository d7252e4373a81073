// Package load is a load generator for selective forwarding units on Linux. It plays the publishers and receivers of one
// room against any server for which there is a [Signalling], and measures what each forwarded packet cost the server.
//
// Every peer connection is pion's, with real ICE, DTLS and SDP, but on a [tap]: a UDP socket of its own that a poller
// reads with recvmmsg each millisecond. It counts RTP by SSRC and sequence number without decrypting it, so that a
// receiver costs the generator well under a microsecond a packet. One packet in some goes up to pion, is decrypted, and
// gives a delay from the send time that the publisher wrote into its last 16 bytes. Arrival times are the kernel's
// (SO_TIMESTAMPNS): how often the poller comes by is not in them. They also make the transport-wide feedback that
// a browser would send.
//
// One process plays one room ([Play]) and prints nothing; the program above pins it to a core of its own.
//
//	poller   one goroutine reads all taps, counts, and builds feedback
//	pump     one goroutine sends what is due on all publishers' streams, about each millisecond
//	clients  a few goroutines for each peer connection: pion's, its signalling, its feedback
package load
