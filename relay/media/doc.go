// Package media is the SFU: it takes what each member of a room sends and puts it into the slots of the others, without
// being able to read it (media.md).
//
// An [Engine] owns the UDP port and the certificate, a [Group] the members of one room, a [Session] one member's peer
// connection: ICE lite (pion/ice), DTLS as the server (pion/dtls), SRTP (pion/srtp). There is no SDP: a client's
// description comes as wire.Offer, and wire.Answer goes back.
//
// # How a packet goes
//
// A session's reader decrypts it, finds its source (by SSRC, learned from the mid extension), keeps it in the source's
// ring and gives it to each slot of the source's subscribers, in the same goroutine: slot.forward copies it into the
// reader's buffer, rewrites the header, encrypts it in place, and the reader sends it. Nothing is allocated, and no lock
// but a slot's own is taken. What cannot be sent at once is dropped and counted.
//
// # Goroutines and locks
//
//	Engine   one goroutine ticks every 10 ms: NACKs, feedback, reports, repeated key-frame requests of all sessions
//	Group    one goroutine decides what is in which slot and calls Events.Slots and Events.Speakers
//	Session  two: one connects and waits for the end (and calls Events.Gone), one reads
//
// Group.mu guards who is there and what is in which slot. Beneath it are leaves: Session.recv (what came from the
// client), slot.mu (what goes to one slot), Session.rtcp (outgoing RTCP), keyFrames.mu, the ring's. A leaf is never held
// while another lock is taken, and none is held while something is sent or Events are called.
package media
