package conf

import (
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
)

// Event is something that happened: a command of the person (below, first group; their `cmd` names are in commands.go),
// or something that the shell saw.
type Event interface{ event() }

// Commands: what a person can do. The page's dispatch({t: NAME, …}) becomes one of these; field names are the JSON names.
type (
	// OpenRoom chooses a room by what was typed or stands in the address: it leads to prejoin. E2EE: only as an encrypted
	// room, from now on until another room is chosen.
	OpenRoom struct {
		Name string `json:"name"`
		E2EE bool   `json:"e2ee,omitempty"`
	}
	// Home leaves everything and shows the first screen.
	Home struct{}
	// SetName sets the display name.
	SetName struct {
		Name string `json:"name"`
	}
	// Join asks to enter the chosen room. The name is the display name.
	Join struct {
		Name string `json:"name"`
	}
	// Leave leaves the call, or stops waiting. In an encrypted room the members hear of it from us before.
	Leave struct{}
	// PageGone leaves at once: the page will not see what anybody answers.
	PageGone struct{}
	// Rejoin joins the same room again from the end screen.
	Rejoin struct{}
	// Mic switches the microphone; On nil toggles.
	Mic struct {
		On *bool `json:"on,omitempty"`
	}
	// Cam switches the camera; On nil toggles.
	Cam struct {
		On *bool `json:"on,omitempty"`
	}
	// SetDevice chooses a device: "mic", "cam" or "speaker".
	SetDevice struct {
		Kind string `json:"kind" ts:"'mic'|'cam'|'speaker'"`
		ID   string `json:"id"`
	}
	// RetryDevices asks for camera and microphone again after a refusal.
	RetryDevices struct{}
	// ShareScreen starts or ends the screen share.
	ShareScreen struct {
		On bool `json:"on"`
	}
	// Say sends a chat message; To 0 is everybody.
	Say struct {
		Text string           `json:"text"`
		To   wire.MemberIndex `json:"to,omitempty" ts:"number"`
	}
	// ChatSeen says whether the person looks at the chat: nothing is unread then.
	ChatSeen struct {
		Open bool `json:"open"`
	}
	// Hand raises or lowers the hand; Up nil toggles.
	Hand struct {
		Up *bool `json:"up,omitempty"`
	}
	// SignIn signs a host in. While waiting, it then opens the room.
	SignIn struct {
		Name   string `json:"name"`
		Secret string `json:"secret"`
	}
	// SignOut signs the host out in this browser.
	SignOut struct{}
	// Enrol redeems a one-time link: the person chooses a password (and, for a first host, a name).
	Enrol struct {
		Token  string `json:"token"`
		Name   string `json:"name"`
		Secret string `json:"secret"`
	}

	// CryptoPassphrase gives the passphrase of an encrypted room: the first, or another one after a mismatch. Before
	// CryptoOn it says which one that is going to be.
	CryptoPassphrase struct {
		Text string `json:"text"`
	}
	// CryptoOn encrypts the room: at prejoin for whoever opens it, in a call for everybody (moderators and hosts), with
	// the passphrase that was given before. Nothing turns it off.
	CryptoOn struct{}
	// CryptoOthers goes on to the other members although one has another passphrase.
	CryptoOthers struct{}
	// CryptoChange changes the passphrase for everybody.
	CryptoChange struct {
		Text string `json:"text"`
	}
	// CryptoUnlock lets people try again after too many wrong passphrases.
	CryptoUnlock struct{}
	// CryptoAccept goes on sending although participants do not see the same people.
	CryptoAccept struct{}
	// CryptoCode says whether the person looks at the security code: it is made only then (Crypto.Code).
	CryptoCode struct {
		On bool `json:"on"`
	}
)

// Watch is one video source on screen (the page's viewport call).
type Watch struct {
	Source wire.Source
	Height int // device pixels
	Prio   int
}

// What the shell saw.
type (
	// Booted comes first: what the browser remembered ([Store] effects), and whether devices can be asked for at all.
	Booted struct {
		Stored map[string]string
	}
	// Tick comes when the time of [State.Deadline] has come.
	Tick struct{}
	// Viewport says which video is on screen; it replaces the one before.
	Viewport struct{ Watch []Watch }

	// LinkUp says that a signalling connection is open: nothing was sent on it yet.
	LinkUp struct{}
	// LinkDown says that the connection ended or could not be made; the link tries again by itself. Tries counts up.
	LinkDown struct{ Tries int }
	// Received is a message of the relay.
	Received struct {
		Message wire.ServerMessage
		Re      uint32
	}

	// Offered answers [MakeOffer]. Err is a code when it could not be made ("media.unsupported").
	Offered struct {
		Offer *wire.Offer
		Err   string
	}
	// Answered answers [SetAnswer].
	Answered struct{ Err string }
	// PeerState says how the peer connection is: "connected", "disconnected", "failed".
	PeerState struct{ State string }

	// Captured says that a camera or microphone runs.
	Captured struct {
		Stream wire.Stream
		Device string // its id
	}
	// CaptureFailed says why it does not.
	CaptureFailed struct {
		Stream wire.Stream
		Why    InputState
	}
	// TrackEnded says that a device or a share stopped by itself (unplugged, or the browser's own "stop sharing").
	TrackEnded struct{ Stream wire.Stream }
	// Shared says that the screen share runs.
	Shared struct{ Audio bool }
	// ShareFailed says that it does not; Code is "" when the person cancelled.
	ShareFailed struct{ Code string }
	// DeviceList says which devices there are.
	DeviceList struct{ Mics, Cams, Speakers []Device }

	// CryptoAble says whether this client can encrypt. It comes once, right after [Booted].
	CryptoAble struct{ Yes bool }
	// CryptoReport is what the encryption worker says.
	CryptoReport struct{ Report port.Report }
	// CryptoFailed says that the worker has ended or never began, as a code for people: "crypto.load", "crypto.worker".
	CryptoFailed struct{ Code string }

	// APIResult answers [CallAPI]. Err is nil when it went well.
	APIResult struct {
		Op     string
		Name   string // of the account that is signed in now ("session", "signin", "enrol")
		Ticket string // "ticket"
		Err    *wire.Error
	}
)
