// Package media is the SFU: it takes what each member of a room sends and puts it into the slots of the others, without
// being able to read it (media.md).
//
// An [Engine] owns the UDP port and the certificate, a [Group] the members of one room, a [Session] one member's peer
// connection: ICE lite (pion/ice), DTLS as the server (pion/dtls), SRTP (pion/srtp). There is no SDP: a client's
// description comes as wire.Offer, and wire.Answer goes back.
//
// # How a packet goes
//
// A socket's goroutine reads all packets that are there at once (intake), and hands those of media to the session whose
// address they come from (routes, inlet); what else comes goes through pion's multiplexer to ICE and DTLS. The session's
// reader decrypts the packet, finds its source (by SSRC, learned from the mid extension), keeps it in the source's ring
// and gives it to each slot of the source's subscribers, in the same goroutine: slot.forward copies it into the socket's
// burst, rewrites the header and encrypts it in place. When all that was read is handled, or the burst is full, it leaves
// in one system call; packets to one receiver leave as segments of one message, where the system can. Nothing is
// allocated, and no lock but a slot's own is taken. What cannot be sent at once is dropped and counted.
//
// # Goroutines and locks
//
//	socket   one for each address family takes all media in, and sends what comes of it
//	Engine   one goroutine ticks every 10 ms: NACKs, feedback, reports, repeated key-frame requests of all sessions
//	Group    one goroutine decides what is in which slot and calls Events.Slots and Events.Speakers
//	Session  two: one connects and waits for the end (and calls Events.Gone), one reads what ICE passes on
//
// Group.mu guards who is there and what is in which slot. Beneath it are leaves: Session.recv (what came from the
// client), slot.mu (what goes to one slot), Session.rtcp (outgoing RTCP), keyFrames.mu, the ring's. A leaf is never held
// while another lock is taken, and none is held while something is sent or Events are called.
//
// A session's reader belongs to one goroutine at a time, without a lock: inlet.busy is set by whoever has it, and who
// finds it set drops the packet. Two goroutines meet there only while a client's address changes, and neither ever waits
// for the other's sending.
package media
