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
// reader decrypts the packet, finds the layer of a source that it is of (by SSRC, learned from mid and rid), keeps it in
// the layer's ring and gives it to each slot of the layer's subscribers, in the same goroutine: slot.forward drops what is
// of a frame that the receiver does not get, copies the packet into the socket's burst, rewrites the header and encrypts
// it in place. When all that was read is handled, or the burst is full, it leaves
// in one system call; packets to one receiver leave as segments of one message, where the system can. Nothing is
// allocated, and of locks only leaves are taken: Session.recv and the ring's once for each packet that comes, a slot's own
// for each that goes. What cannot be sent at once is dropped and counted; on a narrow downlink it waits, as a number that
// is made a packet out of the ring later (pacer).
//
// # Layers
//
// A source has up to three simulcast layers, an SSRC each; or one, which for VP9 and AV1 has its spatial layers within
// (codec.Filter takes them apart). The group measures the layers' rates and asks the allocator (package layers) what each
// slot is to get: its goal. A slot goes on with the layer that flows until the key frame of its goal has come, and is a
// subscriber of both until then. Frames of higher temporal layers are dropped from the next frame on, and come again
// where the codec allows it. What nobody subscribes to is switched off at the sender a second later by Events.Encode, and
// switched on again at once; a layer that does not come although it is on is passed over until it does.
//
// # Goroutines and locks
//
//	socket   one for each address family takes all media in, and sends what comes of it
//	Engine   one goroutine ticks every 50 ms, or 10 while packets are missing, when packets have woken the relay if that is
//	         soon: NACKs, feedback, reports, repeated key-frame requests of all sessions (clock.go). It wakes the groups too,
//	         and sleeps while nobody is there
//	         one more, awake only while something waits, sends what is paced and what probes downlinks (pacer)
//	Group    one goroutine decides what is in which slot and calls Events.Slots, Events.Encode and Events.Speakers
//	Session  two: one connects and waits for the end (and calls Events.Gone), one reads what ICE passes on
//
// Group.mu guards who is there and what is in which slot. Beneath it are leaves: Session.recv (what came from the
// client), slot.mu (what goes to one slot), down.mu (what is known of the downlink, and what waits), Session.rtcp (outgoing
// RTCP), keyFrames.mu, the ring's. A leaf is never held while another lock is taken, and none is held while something is
// sent or Events are called.
//
// A session's reader belongs to one goroutine at a time, without a lock: inlet.busy is set by whoever has it, and who
// finds it set drops the packet. Two goroutines meet there only while a client's address changes, and neither ever waits
// for the other's sending.
//
// # Members who do harm
//
// All that a member sends is handled in a goroutine that others share, so what one packet can cost is bounded, and so is
// what is remembered of a member: SSRCs (maxSSRCs), what RTCP may ask for (chores), retransmissions (maxResent), key
// frames of others (patience), numbers that feedback has to name (leaps). What goes beyond is dropped and counted. A
// fault of the relay ends the session whose packet met it (Session.guard). FuzzBystander looks for what still harms others.
package media
