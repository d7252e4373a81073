package wire

import "time"

// Code names a reason for people. The page translates it; nothing else in the system has texts.
type Code string

// Codes of error and bye. Those that end the connection whenever they occur are marked "bye".
const (
	CodeBadMessage Code = "proto.message" // not JSON, an unknown field, a value out of its limits; params.what says which
	CodeUnknown    Code = "proto.unknown" // a message type that does not exist
	CodeOrder      Code = "proto.order"   // bye; a message that does not fit the state of the conversation
	CodeVersion    Code = "proto.version" // bye; params.version is the relay's
	CodeTooLarge   Code = "proto.size"    // bye; a message over MaxMessage
	CodeTimeout    Code = "net.timeout"   // bye; no hello in time, or nothing came for DeadAfter
	CodeRate       Code = "rate"          // too many messages
	CodeSlow       Code = "net.slow"      // bye; the client does not read what it is sent

	CodeName     Code = "name.bad"    // bye; the display name is empty, too long or has control characters
	CodeRoom     Code = "room.name"   // bye; the room's name cannot be made canonical; params.why says why
	CodeRoomFull Code = "room.full"   // bye
	CodeChat     Code = "chat.bad"    // the text is empty, too long or has control characters
	CodeNobody   Code = "member.gone" // the member that the message names is not there

	CodeTicket Code = "auth.ticket" // the ticket is unknown, used or expired; bye in answer to hello
	CodeRole   Code = "auth.role"   // only a host or a moderator may do that

	CodeE2EERequired Code = "e2ee.required" // the room is encrypted, and the client has not announced itself; bye in answer to hello
	CodeE2EEOff      Code = "e2ee.off"      // the room is not encrypted; bye in answer to hello
	CodeE2EEMany     Code = "e2ee.many"     // more people are in the room than can be encrypted: params.most
	CodeE2EEClear    Code = "e2ee.clear"    // hands and chat do not go through the relay in an encrypted room

	CodeOffer    Code = "media.offer"  // the description cannot be used; params.why says why
	CodeMedia    Code = "media.failed" // the peer connection ended: params.why is ice, dtls, fingerprint, closed or internal; send a fresh offer
	CodeNoMedia  Code = "media.none"   // there is no peer connection to change; send a fresh offer
	CodeNoCodec  Code = "media.codec"  // no codec in common
	CodeLeft     Code = "left"         // bye; the client left
	CodeLost     Code = "lost"         // the seat's time is over
	CodeKicked   Code = "kicked"       // bye; a moderator removed the client
	CodeEnded    Code = "ended"        // bye; a host ended the meeting for everybody
	CodeReplaced Code = "replaced"     // bye; the same seat was taken from elsewhere
	CodeFull     Code = "srv.full"     // bye; this relay takes nobody more
	CodeDrain    Code = "srv.drain"    // bye; the relay shuts down
	CodeInternal Code = "internal"     // something is wrong inside the relay
)

// Codes of the HTTP interface for accounts (package relay/web), which answers with an [Error] as well.
const (
	CodeSignIn   Code = "auth.bad"      // name and password do not belong together
	CodeTries    Code = "auth.rate"     // too many tries; RetryAfter says how long to wait
	CodeLink     Code = "auth.link"     // the one-time link is unknown, used or expired
	CodeAccount  Code = "auth.name"     // not an account name
	CodePassword Code = "auth.password" // the new password is too short, too long or not text
	CodeTaken    Code = "auth.taken"    // the account name is in use
	CodeSession  Code = "auth.session"  // nobody is signed in (any more)
	CodeBusy     Code = "srv.busy"      // too many people sign in at this moment
	CodeOrigin   Code = "http.origin"   // the request does not come from the site
	CodeBody     Code = "http.body"     // not the JSON that was expected; params.what is "type", "size" or "json"
	CodePath     Code = "http.path"     // no such function
)

// Error is a refusal. It is an error value, so that what decides it may return it.
type Error struct {
	Code   Code              `json:"code"`
	Params map[string]string `json:"params,omitempty"` // for the text: numbers and words of the protocol, never what a person typed
	// RetryAfter is how long to wait before the same can succeed, in milliseconds; 0: waiting does not help.
	RetryAfter int64 `json:"retryAfter,omitempty"`
}

// Error is the code, for logs.
func (e *Error) Error() string { return string(e.Code) }

// Refuse makes an Error with pairs of parameters: name, value, name, value …
func Refuse(c Code, pairs ...string) *Error {
	e := &Error{Code: c}
	for i := 0; i+1 < len(pairs); i += 2 {
		if e.Params == nil {
			e.Params = map[string]string{}
		}
		e.Params[pairs[i]] = pairs[i+1]
	}
	return e
}

// After is e with a time to wait.
func (e *Error) After(d time.Duration) *Error {
	x := *e
	x.RetryAfter = d.Milliseconds()
	return &x
}

// CloseStatus is the WebSocket status (RFC 6455, section 7.4.1) with which the relay closes a connection after bye:
// 1000 where all is well, 1008 for a violation, 1001 for a shutdown, 1011 for an inner error, 4000 for everything else
// that ends a stay.
func CloseStatus(c Code) int {
	switch c {
	case CodeLeft:
		return 1000
	case CodeDrain:
		return 1001
	case CodeInternal:
		return 1011
	case CodeTooLarge:
		return 1009
	case CodeBadMessage, CodeUnknown, CodeOrder, CodeVersion, CodeRate, CodeSlow, CodeTimeout, CodeRoom, CodeName, CodeOffer:
		return 1008
	}
	return 4000
}
