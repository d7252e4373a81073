package wire

import "bytes"

// ClientMessage is a message from a client to the relay: a pointer to one of the types below.
type ClientMessage interface {
	clientType() string
	check() error
}

// ServerMessage is a message from the relay to a client: a pointer to one of the types below.
type ServerMessage interface {
	serverType() string
}

// The messages of a client.
type (
	// Hello ("hello") opens the conversation and asks to enter a room.
	Hello struct {
		Version int    `json:"version"`          // the protocol version that the client speaks: [Version]
		Client  string `json:"client,omitempty"` // what the client is, "web/0.1": at most [MaxClient] bytes of visible ASCII; for statistics only
		Room    string `json:"room"`             // the room's name as in the link; the relay makes it canonical (roomname.Parse)
		Name    string `json:"name,omitempty"`   // display name, 1 … [MaxName] code points without control characters; empty with E2EE
		Ticket  string `json:"ticket,omitempty"` // shows that the client is a signed-in host; POST /_/api/ticket gives one
		Resume  string `json:"resume,omitempty"` // takes a seat back
		// Offer describes the client's peer connection. With resume it may be left out: the client still has the peer
		// connection of that seat, and says so. If the relay has it no longer, welcome says media "gone" and the client
		// sends a fresh offer.
		Offer *Offer  `json:"offer,omitempty"`
		State Sending `json:"state"`          // what is sent from the first moment on
		E2EE  *E2EE   `json:"e2ee,omitempty"` // the client will be in an encrypted room and in no other; nil: in an open one
	}

	// Auth ("auth") makes a waiting client or a member a host.
	Auth struct {
		Ticket string `json:"ticket"`
	}

	// SetOffer ("offer") describes a changed or a fresh peer connection. The relay answers by answer with the same
	// number, or, while the client waits, not at all: the answer then comes with welcome.
	SetOffer struct {
		Offer
	}

	// SetWants ("want") replaces the list of the video sources that the client wants. Sources that do not exist are
	// passed over; they are remembered in case they come.
	SetWants struct {
		Wants []Want `json:"wants"`
	}

	// SetState ("state") says what the client sends from now on. What it does not send is not forwarded either.
	SetState struct {
		Sending
	}

	// SendChat ("chat") says something to everybody, or to one member. The relay sends it back to the sender too
	// (with re), so that all see one order.
	SendChat struct {
		Text string      `json:"text"`         // 1 … [MaxChat] code points; line feeds and tabs are the only control characters
		To   MemberIndex `json:"to,omitempty"` // 0: everybody
	}

	// SetHand ("hand") raises or lowers the client's hand. The relay answers member, to everybody.
	SetHand struct {
		Up bool `json:"up"`
	}

	// SetE2EE ("e2ee") encrypts the room from now on, for good. Hosts and moderators may; others hear [CodeRole], and
	// those of a room that is too large [CodeE2EEMany]. The relay answers secured, to everybody.
	SetE2EE struct{}

	// SetAnnounce ("announce") is the announce of a member who was in the room before it was encrypted, or another one
	// of a member who has one. The relay answers member, to everybody, or [CodeE2EEOff].
	SetAnnounce struct {
		E2EE
	}

	// Ping ("ping") asks for a pong.
	Ping struct{}

	// Leave ("leave") gives the seat up at once. The relay answers bye [CodeLeft].
	Leave struct{}
)

// The messages of the relay.
type (
	// Waiting ("waiting") says that the client is not in yet.
	Waiting struct {
		For WaitFor `json:"for"`
	}

	// Welcome ("welcome") says that the client is in the room.
	Welcome struct {
		Version     int         `json:"version"`
		Boot        string      `json:"boot"`        // changes when the relay restarts
		Incarnation string      `json:"incarnation"` // this life of the room
		Room        string      `json:"room"`        // the canonical name
		You         MemberIndex `json:"you"`
		Resume      string      `json:"resume"`  // token for taking the seat back
		Resumed     bool        `json:"resumed"` // the client has its old seat
		Members     []Member    `json:"members"` // everybody, the client too, by index
		Media       MediaState  `json:"media"`
		Answer      *Answer     `json:"answer,omitempty"` // to the offer in hello, when there was one
		Slots       []SlotState `json:"slots"`            // with media "kept": what is in the slots now
		E2EE        bool        `json:"e2ee,omitempty"`   // the room is encrypted
	}

	// Joined ("joined") says that somebody came in.
	Joined struct {
		Member Member `json:"member"`
	}

	// Left ("left") says that somebody is gone for good.
	Left struct {
		Member MemberIndex `json:"member"`
		Why    Code        `json:"why"` // [CodeLeft], [CodeLost] or [CodeKicked]
	}

	// Changed ("member") replaces what is known of a member.
	Changed struct {
		Member Member `json:"member"`
	}

	// AnswerTo ("answer") answers offer.
	AnswerTo struct {
		Answer
	}

	// Slots ("slots") says what is in slots from now on; slots that are not named stay as they are.
	Slots struct {
		Slots []SlotState `json:"slots"`
	}

	// Encode ("encode") says how the client is to send its video from now on; streams that are not named stay as they
	// are. Until the first one of a peer connection, a client sends the first codec of the answer, in all layers.
	Encode struct {
		Streams []Encoding `json:"streams"`
	}

	// Speakers ("speakers") says who is speaking: all at the moment, and the dominant one, who stays when it is quiet.
	Speakers struct {
		Speaking []MemberIndex `json:"speaking"` // loudest first
		Dominant MemberIndex   `json:"dominant,omitempty"`
	}

	// Chat ("chat") is a chat message.
	Chat struct {
		ID   uint64      `json:"id"` // counts up in the incarnation
		From MemberIndex `json:"from"`
		To   MemberIndex `json:"to,omitempty"` // 0: everybody
		At   int64       `json:"at"`           // Unix time in milliseconds, by the relay's clock
		Text string      `json:"text"`
	}

	// Secured ("secured") says that the room is encrypted from now on. The relay has ended all peer connections and
	// forgotten names, hands and chat. A client sends announce and then a fresh offer.
	Secured struct {
		By MemberIndex `json:"by"` // who asked for it
	}

	// Pong ("pong") answers ping.
	Pong struct{}

	// Failure ("error") says that a message was refused.
	Failure struct {
		Error
	}

	// Bye ("bye") is the last message: the relay closes the connection after it.
	Bye struct {
		Error
	}
)

// WaitFor says what a waiting client waits for.
type WaitFor string

// What a client may wait for. WaitHost is also the answer for rooms that do not exist.
const WaitHost WaitFor = "host"

// MediaState says, in a welcome, what became of the client's peer connection.
type MediaState string

// The states of a peer connection in a welcome.
const (
	MediaNew  MediaState = "new"  // answer belongs to the offer in hello
	MediaKept MediaState = "kept" // hello had no offer, and the old peer connection goes on
	MediaGone MediaState = "gone" // hello had no offer, and the relay has none either: send a fresh offer
)

// Member is what everybody knows of a member.
type Member struct {
	Index MemberIndex `json:"index"`
	Name  string      `json:"name,omitempty"` // empty in an encrypted room
	Role  Role        `json:"role"`
	State Sending     `json:"state"`
	Hand  int64       `json:"hand,omitempty"` // when the hand was raised, Unix milliseconds by the relay's clock; 0: it is down
	Away  bool        `json:"away,omitempty"` // the connection is lost, the seat is kept
	// Announce is what the member announced, in an encrypted room; empty while it has not.
	Announce []byte `json:"announce,omitempty"`
}

// Equal reports whether m and o say the same.
func (m Member) Equal(o Member) bool {
	return m.Index == o.Index && m.Name == o.Name && m.Role == o.Role && m.State == o.State && m.Hand == o.Hand &&
		m.Away == o.Away && bytes.Equal(m.Announce, o.Announce)
}

// E2EE is what a client in an encrypted room shows of itself.
type E2EE struct {
	// Announce is for the other members, who read it (e2ee.md, 6): 1 … [MaxAnnounce] bytes, in JSON base64 (RFC 4648,
	// section 4). The relay passes it on as it is.
	Announce []byte `json:"announce"`
}

func (*Hello) clientType() string    { return "hello" }
func (*Auth) clientType() string     { return "auth" }
func (*SetOffer) clientType() string { return "offer" }
func (*SetWants) clientType() string { return "want" }
func (*SetState) clientType() string { return "state" }
func (*SendChat) clientType() string { return "chat" }
func (*SetHand) clientType() string  { return "hand" }
func (*SetE2EE) clientType() string  { return "e2ee" }
func (*Ping) clientType() string     { return "ping" }
func (*Leave) clientType() string    { return "leave" }

func (*SetAnnounce) clientType() string { return "announce" }

func (*Waiting) serverType() string  { return "waiting" }
func (*Welcome) serverType() string  { return "welcome" }
func (*Joined) serverType() string   { return "joined" }
func (*Left) serverType() string     { return "left" }
func (*Changed) serverType() string  { return "member" }
func (*AnswerTo) serverType() string { return "answer" }
func (*Slots) serverType() string    { return "slots" }
func (*Encode) serverType() string   { return "encode" }
func (*Speakers) serverType() string { return "speakers" }
func (*Chat) serverType() string     { return "chat" }
func (*Secured) serverType() string  { return "secured" }
func (*Pong) serverType() string     { return "pong" }
func (*Failure) serverType() string  { return "error" }
func (*Bye) serverType() string      { return "bye" }

// newClient and newServer make an empty message of a type, nil for types that do not exist.
func newClient(t string) ClientMessage {
	switch t {
	case "hello":
		return new(Hello)
	case "auth":
		return new(Auth)
	case "offer":
		return new(SetOffer)
	case "want":
		return new(SetWants)
	case "state":
		return new(SetState)
	case "chat":
		return new(SendChat)
	case "hand":
		return new(SetHand)
	case "e2ee":
		return new(SetE2EE)
	case "announce":
		return new(SetAnnounce)
	case "ping":
		return new(Ping)
	case "leave":
		return new(Leave)
	}
	return nil
}

func newServer(t string) ServerMessage {
	switch t {
	case "waiting":
		return new(Waiting)
	case "welcome":
		return new(Welcome)
	case "joined":
		return new(Joined)
	case "left":
		return new(Left)
	case "member":
		return new(Changed)
	case "answer":
		return new(AnswerTo)
	case "slots":
		return new(Slots)
	case "encode":
		return new(Encode)
	case "speakers":
		return new(Speakers)
	case "chat":
		return new(Chat)
	case "secured":
		return new(Secured)
	case "pong":
		return new(Pong)
	case "error":
		return new(Failure)
	case "bye":
		return new(Bye)
	}
	return nil
}
