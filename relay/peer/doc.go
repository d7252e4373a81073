// Package peer is one signalling connection: what a client and the relay say to each other over a WebSocket, as package
// wire specifies it. It is the glue between rooms and media, which do not know each other.
//
// A [Conn] has two goroutines. The read loop is the HTTP handler's own: it decodes, checks, limits, and posts to the
// room. The write loop owns the connection's side of the peer connection: joining the media and answering offers happen
// there, in the queue between the messages, so that a client is told everything in one order and nobody else waits.
//
//	client ──► read ──► room.Loop.Post          room effects ──► Server.do ──► outbox ──► write ──► client
//	             └────► outbox (offer, want)     media events ────────────────────┘  └─► media
//
// The [Server] finds the connection that an effect names. A call (call.go) is one incarnation's media: a group of the
// SFU and a seat for each member, which outlives the member's connection as the room's seat does.
package peer
