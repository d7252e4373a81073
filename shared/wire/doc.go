// Package wire is Conclave's signalling protocol, version 1: the messages between a client (the page, a bot, a gateway)
// and the relay, how they are written, and what may be in them. This comment and the comments on the types are the
// specification; a client can be written from them alone.
//
// # Transport
//
// One WebSocket (RFC 6455) to wss://HOST/_/ws (ws:// where the relay serves plain HTTP), subprotocol "conclave.1"
// ([Subprotocol]). The relay accepts it only from the site's own origin (or with no Origin header: native clients).
// Every message is one text message holding one JSON object (RFC 8259) in UTF-8, but [Sealed], which is one binary
// message; at most [MaxMessage] bytes before compression. permessage-deflate (RFC 7692) may be negotiated; the relay
// compresses text only, as what is binary is ciphertext. A binary message that does not begin with an item's first byte
// closes the connection with [CodeBadMessage], and so does a text message that does.
//
// # Envelope
//
//	client → relay   {"t": TYPE, "n": NUMBER, "d": OBJECT}     n is optional, 1 … 2^32-1, chosen by the client
//	relay → client   {"t": TYPE, "re": NUMBER, "d": OBJECT}    re is present when the message answers the one numbered n
//
// "d" may be left out where every field of the type is optional. The relay refuses unknown fields; a client ignores
// fields that it does not know, so the relay may add some within a version. Absent and zero mean the same; a list is
// never null in what the relay sends.
//
// The relay never forwards a client's JSON: it decodes, checks, and writes its own.
//
// The object of offer is an [Offer] itself, that of answer an [Answer], that of state a [Sending], those of error and bye
// an [Error]. Field names are those of the json tags; numbers are integers; a [Stream], [Kind], [Role], [Code] and the
// like are strings.
//
// # Order of things
//
// The first message is hello, within [HelloTimeout]. Anything else first, or a second hello, is [CodeOrder] and closes
// the connection. The relay answers hello with exactly one of
//
//	waiting   the room is not open, or is not to be entered yet; stay connected, a welcome follows when it is
//	welcome   you are in
//	bye       you are not let in, and why; the relay then closes the connection
//
// so everything that is wrong with a hello is a bye: a bad name, room, ticket ([CodeTicket]) or offer too. An offer can
// pass the checks of this package and still be of no use to the relay ([CodeNoCodec]); the bye then comes at the time of
// the welcome, and others may have seen the member join and leave.
//
// A room that is unknown, closed or waiting for its host answers alike (waiting), so nobody can probe for rooms.
// While waiting, a client may send auth (to become the host), offer (its description changed), ping and leave, and
// nothing else ([CodeOrder]). From welcome on it may send everything but hello. The relay keeps what it sends to one
// client in order.
//
// When somebody with a good ticket comes, or one who waits sends auth with one, the room opens: the host enters first
// and then all who wait, in the order in which they came. Tickets come from POST /_/api/ticket, with the cookie of a
// signed-in host (package relay/web); each is good for 30 s and one use. Auth inside the room makes a member a host; it
// is answered by member, and a bad ticket by error [CodeTicket].
//
// A relay that speaks no version that the client asked for answers bye with [CodeVersion] and its own version in
// params.version.
//
//	→ {"t":"hello","d":{"version":1,"client":"web/0.1","room":"quiet-otters","name":"Ann","ticket":"…","offer":{…},"state":{"mic":true,"cam":true,"screen":false,"screenAudio":false}}}
//	← {"t":"welcome","d":{"version":1,"boot":"…","incarnation":"…","room":"quiet-otters","you":1,"resume":"…","resumed":false,"members":[{"index":1,"name":"Ann","role":"host","state":{…}}],"media":"new","answer":{…},"slots":[]}}
//	← {"t":"joined","d":{"member":{"index":2,"name":"Bob","role":"guest","state":{…}}}}
//	← {"t":"slots","d":{"slots":[{"mid":"4","member":2,"stream":"mic"}]}}
//	→ {"t":"want","d":{"wants":[{"member":2,"stream":"cam","height":720}]}}
//	← {"t":"slots","d":{"slots":[{"mid":"9","member":2,"stream":"cam"}]}}
//	→ {"t":"chat","n":7,"d":{"text":"hello"}}
//	← {"t":"chat","re":7,"d":{"id":1,"from":1,"at":1700000000000,"text":"hello"}}
//	→ {"t":"leave"}
//	← {"t":"bye","d":{"code":"left"}}
//
// # Members
//
// A member has an index, unique in the incarnation of the room and never used again (joined in increasing order). The
// welcome holds everybody present, the client itself included; joined, left and member keep the list true afterwards.
// A client is not told of its own joining, leaving and state: those it knows best itself. It is told of its own role
// and hand, which the relay decides; hand is answered so.
//
// A member whose connection is lost keeps the seat for [SeatTime]; others see it as away after [AwayAfter], and it
// returns by hello with the resume token of its welcome. Every way to lose a connection keeps the seat, but leave: a
// page that is closed for good sends leave first. Each welcome brings another resume token, and a token is good until
// its successor was used, because a welcome may be lost on its way. A hello with the token of a seat that is still
// connected takes the seat over: the older connection gets bye with [CodeReplaced], and its token stays good in the same
// way, so that it can take the seat back. A token that is not known (the seat is gone, the relay restarted) is no error:
// the hello is then treated as one without. Name and state are those of the new hello, the role stays. Chat that the
// member may have missed follows the welcome: what was said, by itself too, from 30 s before the loss was noticed, the
// last 100 messages at most. A client passes over what it has, by [Chat]'s ID.
//
// # Encrypted rooms
//
// A room is open or encrypted, from its beginning: as the client that opens it says, by e2ee in hello. Everybody else
// must say the same, or is refused by bye: [CodeE2EERequired] without e2ee in an encrypted room, [CodeE2EEOff] with e2ee
// in an open one. That is decided when the client is let in, so who waits learns it after waiting. Welcome says which
// kind of room it is, and a client that wants an encrypted room believes nothing else than that.
//
// In an encrypted room the relay knows no names: hello has none, and member's announce stands in their place. Names,
// raised hands, chat and reactions go from member to member in items ([Sealed]), which the relay cannot read; hand and
// chat are refused ([CodeE2EEClear]). Who takes a seat back may have another announce; it then is somebody new to the
// others, who hear of it by member. Items are not kept for anybody whose connection is lost.
//
// A host or moderator encrypts an open room by e2ee, and nothing opens it again before its last member has left. All
// hear secured; the relay has then ended all peer connections and forgotten what it knew of people. Each member sends
// announce, hears of it by member, and begins with a fresh offer, which before its announce is refused
// ([CodeE2EERequired]). Whoever was lost meanwhile comes back with e2ee in hello.
//
//	→ {"t":"hello","d":{"version":1,"room":"quiet-otters","offer":{…},"state":{…},"e2ee":{"announce":"AQH…"}}}
//	← {"t":"welcome","d":{…,"members":[{"index":1,"role":"host","state":{…},"announce":"AQH…"}],…,"e2ee":true}}
//	← {"t":"joined","d":{"member":{"index":2,"role":"guest","state":{…},"announce":"AQH…"}}}
//	→ 01 01 0000 0001 000004c5 …          binary: the second member's first handshake message to member 1
//
// # Media
//
// A client has one peer connection with the relay. The client is the only offerer and SDP (RFC 8866) never leaves it:
// hello carries an [Offer], the essence of the client's own offer, and welcome the [Answer] from which the client
// builds its remote description. Later changes (more slots, an ICE restart) go by offer and answer the same way.
// When others join, leave, switch cameras on or off or share a screen, nothing is negotiated with anybody.
//
// A client sends at most one source per [Stream]. It announces what it sends right now by state. It receives in slots,
// recvonly m-lines of its own offer, each with an SSRC that the relay chose for the life of the connection. The relay
// decides which source is in which slot and says so by slots; every RTP packet also says it in its CSRC list, whose
// first entry is [Source.CSRC]. A client asks for video by want; audio is chosen by the relay (everybody up to the
// number of audio slots, then those who speak). A source that stays wanted keeps the slot that it has. The list of wants
// lasts as long as the seat, through new connections and peer connections.
//
// A hello with resume and without an offer keeps the peer connection that the seat has: media is "kept", and welcome
// says what is in the slots. Media is "gone" where the relay has none (any more), and where a hello without an offer did
// not find its seat; the client then sends offer with fresh set. It does the same after error [CodeMedia], which
// answers nothing (re is 0), and [CodeNoMedia]. An offer that is refused changes nothing, but a fresh one has then ended
// the peer connection before it. An offer sent while waiting takes the place of hello's and is not answered by itself;
// if it crosses the welcome, it is one of the time after, and is answered.
//
// After slots named a source for a slot, its first packet is the start of a key frame (video). Sequence numbers and
// timestamps are continuous over all sources that pass through a slot. There are no sender reports for slots.
//
// A source may be sent in several layers: simulcast ([Send].Rids) or SVC. The relay sends the smallest one that fills a
// want's height and that the client's downlink carries; audio comes first. Where not even the smallest fits, slots says
// [WhyBandwidth]. With encode the relay tells a sender which layers somebody receives, and which codec all members of
// the room can receive; layers that nobody receives are not to be sent. It follows the answer to a fresh offer, and the
// welcome of a client whose peer connection was kept.
//
// Audio in which there is nothing to hear is not passed on: numbers close over it, time stamps go on. A client whose
// answer names "red" (RFC 2198) gets opus in it while it reports loss, and sends none itself.
//
// # Errors
//
// error says that one message (re) was refused, and that nothing changed by it; the connection goes on. bye says that
// the connection ends, and the relay closes it with the WebSocket status of [CloseStatus]. Both carry an [Error]: a
// code, which a client translates, and parameters for the text. A violation of the protocol itself (not JSON, a type
// that does not exist, an unknown field, a value out of its limits) is [CodeBadMessage] or one of its siblings; it is
// answered by error up to [MaxViolations] times a connection, then by bye. Texts and offers out of their limits count
// too; what only fails (nobody has this index, the ticket has expired) does not.
//
// # Limits
//
// 64 KiB a message, 100 messages in 10 s with bursts of 50: what comes faster is dropped and answered by error
// [CodeRate] (re 0) once a second; who keeps on for 10 s gets bye with [CodeRate]. A client that does not read what it is
// sent gets bye with [CodeSlow] when its queue of [MaxQueue] messages is full, or when one message takes 10 s to leave.
// A client that does not take its bye within two seconds is cut off without.
//
// Items are counted apart: [ItemRate] a second with bursts of [ItemBurst], and [SealedRate] bytes a second with bursts
// of [SealedBurst]. A message beyond that is dropped whole, and its sender hears of it as of other messages. At most
// [MaxShare] bytes from one member wait for another; what comes beyond that is dropped in silence.
//
// # Liveness
//
// A client sends ping when it has sent nothing for [PingInterval]; the relay answers pong at once. The relay drops a
// connection on which nothing came for [DeadAfter].
package wire
