package conf

import (
	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
)

// Effect is something that the shell must do. Shells carry effects out in order; what they lead to comes back as events.
type Effect interface{ effect() }

type (
	// Connect opens the signalling connection and keeps it open: the link dials again when it is lost, after 0, 0.3,
	// 1.2, 2.7, 4.8 and then every 7 s, each with up to a fifth of jitter.
	Connect struct{}
	// Disconnect ends the signalling connection after what was sent has gone out.
	Disconnect struct{}
	// Send sends a message; N is its number, 0 for none.
	Send struct {
		Message wire.ClientMessage
		N       uint32
	}

	// OpenCrypto starts an encryption worker and gives it its first command. From now on this shell sends and receives no
	// media that does not go through it, whatever conf says, until CloseCrypto. Leads to [CryptoReport]s or [CryptoFailed].
	OpenCrypto struct{ Open *port.Open }
	// TellCrypto gives the worker a command.
	TellCrypto struct{ Command port.Command }
	// CloseCrypto ends the worker and what it knows. Nothing comes from it after that.
	CloseCrypto struct{}
	// KeyFrame has the encoders of my video begin anew, so that who got my key only now sees something.
	KeyFrame struct{}

	// MakeOffer asks for the description of the peer connection with at least so many slots. Fresh: of a new one (the
	// old one is closed). Sealed: every sender and every slot goes
	// through the encryption worker, with sound of constant bit rate; only with Fresh does it change. Slots are never taken away. Leads to exactly one [Offered]; no other MakeOffer comes before it,
	// or before the shell has taken longer than 10 s.
	MakeOffer struct {
		Fresh        bool
		Sealed       bool
		Audio, Video int
	}
	// SetAnswer gives the relay's answer to the peer connection. Leads to exactly one [Answered], as above.
	SetAnswer struct{ Answer *wire.Answer }
	// ClosePeer ends the peer connection.
	ClosePeer struct{}
	// Bind says which source is in a slot from now on (Member 0: none), so that the shell can hand out its stream.
	Bind struct {
		Mid    string
		Source wire.Source
	}

	// Capture starts a camera or microphone (Cam, Mic) or both at once, on given devices ("" is the default). Leads to
	// [Captured] or [CaptureFailed] for each.
	Capture struct {
		Mic, Cam     bool
		MicID, CamID string
	}
	// Release stops a stream's track for good (the camera's light goes out).
	Release struct{ Stream wire.Stream }
	// Transmit lets a stream's track flow to the relay, or holds it back. It may come before the peer connection; a new
	// one holds everything back, and is told again after [Offered].
	Transmit struct {
		Stream wire.Stream
		On     bool
	}
	// Encode says how a stream's video is to be sent from now on, whatever track flows. It may come before the answer is
	// set; a new peer connection begins without, as [wire.Encode] says.
	Encode struct{ Encoding wire.Encoding }
	// StartShare opens the browser's dialog. Leads to [Shared] or [ShareFailed].
	StartShare struct{}
	// SetSpeaker chooses the output device.
	SetSpeaker struct{ ID string }

	// CallAPI calls the relay's HTTP interface: op is "session", "signin", "signout", "enrol" or "ticket". Leads to
	// [APIResult].
	CallAPI struct {
		Op                  string
		Name, Secret, Token string
	}
	// Store remembers a value in this tab ("resume:ROOM") or in this browser (everything else); "" forgets it.
	Store struct{ Key, Value string }
	// Tell is a passing message for people.
	Tell struct{ Note Note }
)

// Note is something that passes: an announcement for screen readers, a toast, a sound.
type Note struct {
	T      string            `json:"t" ts:"'announce'|'toast'|'sound'"`
	Key    string            `json:"key"` // of the site's catalogue, or the sound's name
	Params map[string]string `json:"params,omitempty"`
	Tone   string            `json:"tone,omitempty" ts:"'info'|'warn'|'error'"`
	Loud   bool              `json:"loud,omitempty"` // assertive
}
