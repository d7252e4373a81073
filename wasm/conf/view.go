package conf

import "github.com/conclave-meet/conclave/shared/wire"

// View is everything that a person can see, as plain data. The page writes it to JSON slice by slice (a slice is one
// field of View) and the site draws it; package tsgen makes the TypeScript types from these structs. A `ts` tag gives
// the TypeScript type where the Go type says too little. No user-visible text is in here but what people typed: states
// and reasons are codes, which the site translates. No secret is in here.
type View struct {
	App     App     `json:"app"`
	Room    Room    `json:"room"`
	Me      Me      `json:"me"`
	Devices Devices `json:"devices"`
	Peers   []Peer  `json:"peers"` // everybody but me, in the order of joining
	Stage   Stage   `json:"stage"`
	Chat    Chat    `json:"chat"`
	Auth    Auth    `json:"auth"`
	Crypto  Crypto  `json:"crypto"`
}

// App says which screen is shown and how the connection is.
type App struct {
	Screen Screen `json:"screen"`
	Conn   Conn   `json:"conn"`
	// End says why the screen is "end", as a wire code ("left", "kicked", "replaced", "room.full", "net.ws" …).
	End Problem `json:"end"`
	// JoinedAt is when the call began for me, Unix milliseconds; 0 before. It stays on the screen "end".
	JoinedAt int64 `json:"joinedAt"`
}

// Screen names a screen of the meeting.
type Screen string

// The screens, in the order in which a person meets them.
const (
	ScreenHome    Screen = "home"    // no room chosen
	ScreenPrejoin Screen = "prejoin" // a room is chosen; preview, name, devices
	ScreenJoining Screen = "joining" // asked, no answer yet
	ScreenWaiting Screen = "waiting" // the relay said waiting: for a host
	ScreenCall    Screen = "call"    // in
	ScreenEnd     Screen = "end"     // it is over, App.End says why
)

// Conn is the state of the signalling connection and of the media.
type Conn string

// The states of the connection.
const (
	ConnIdle       Conn = "idle"       // none is wanted
	ConnConnecting Conn = "connecting" // the first attempt
	ConnUp         Conn = "up"
	ConnLost       Conn = "lost" // there was one; we try to get it back
)

// Problem is a refusal or a reason: the wire code and what its text needs. Code is "" when there is none.
type Problem struct {
	Code       string            `json:"code"`
	Params     map[string]string `json:"params,omitempty"`
	RetryAfter int64             `json:"retryAfter,omitempty"` // ms from the moment it was said
}

// Room is the room that was chosen.
type Room struct {
	Name     string   `json:"name"` // canonical; "" when none is chosen
	Strength Strength `json:"strength"`
	Problem  Problem  `json:"problem"` // the name that was asked for cannot be used ("room.name")
}

// Strength says how hard a room's name is to guess.
type Strength struct {
	Level int     `json:"level" ts:"0|1|2|3|4"` // bars: 0 none, 1 and 2 weak, 3 fair, 4 strong
	Weak  bool    `json:"weak"`                 // fewer than 10^8 guesses: warn
	Log10 float64 `json:"log10"`                // guesses, as a power of ten
}

// Me is the person at this client.
type Me struct {
	Index  wire.MemberIndex `json:"index" ts:"number"` // 0 outside a call
	Name   string           `json:"name"`
	Role   wire.Role        `json:"role" ts:"'guest'|'moderator'|'host'"`
	Mic    Input            `json:"mic"`
	Cam    Input            `json:"cam"`
	Share  Share            `json:"share"`
	Hand   int64            `json:"hand"` // 0: down
	Speaks bool             `json:"speaks"`
}

// Input is my microphone or camera.
type Input struct {
	On    bool       `json:"on"` // what the person chose
	State InputState `json:"state"`
	Live  bool       `json:"live"` // a track is running: stream("me/cam") or stream("me/mic") has it
}

// InputState says how an input device is.
type InputState string

// The states of an input. The last six are the permission ladder's causes (ui.md 1.3).
const (
	InputOff      InputState = "off"
	InputStarting InputState = "starting"
	InputReady    InputState = "ready"
	InputDenied   InputState = "denied"       // the person or the browser said no
	InputSystem   InputState = "deniedSystem" // the operating system said no
	InputNone     InputState = "notFound"
	InputBusy     InputState = "busy"
	InputInsecure InputState = "insecure" // not a secure context
	InputFailed   InputState = "failed"
)

// Share is my screen share.
type Share struct {
	On      bool    `json:"on"`
	Busy    bool    `json:"busy"` // the browser's dialog is open
	Audio   bool    `json:"audio"`
	Problem Problem `json:"problem"` // "share.denied", "share.failed"
}

// Devices are the devices that can be chosen.
type Devices struct {
	Mics     []Device `json:"mics"`
	Cams     []Device `json:"cams"`
	Speakers []Device `json:"speakers"`
	Mic      string   `json:"mic"` // ids of the chosen ones; "": the default
	Cam      string   `json:"cam"`
	Speaker  string   `json:"speaker"`
}

// Device is one input or output device. Label is empty before permission.
type Device struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// Peer is another member.
type Peer struct {
	Index  wire.MemberIndex `json:"index" ts:"number"`
	Name   string           `json:"name"` // in an encrypted room "" until the member has proved that it has the passphrase
	Role   wire.Role        `json:"role" ts:"'guest'|'moderator'|'host'"`
	Mic    bool             `json:"mic"` // sends sound
	Hand   int64            `json:"hand"`
	Away   bool             `json:"away"`
	Speaks bool             `json:"speaks"`
	Cam    Picture          `json:"cam"`
	Screen Picture          `json:"screen"`
	// Crypto is how the member is in an encrypted room; "" in another.
	Crypto PeerCrypto `json:"crypto" ts:"''|'waiting'|'checking'|'up'|'different'|'reconnecting'|'failed'"`
	// Sounds are the ids of the streams to play, of those that are in a slot: "3/mic", "3/screenAudio".
	Sounds []string `json:"sounds"`
}

// Picture is one video source of a peer.
type Picture struct {
	On     bool   `json:"on"`               // the peer sends it
	Stream string `json:"stream,omitempty"` // id for Core.stream when it is in a slot: "3/cam"; "" when not
	// Why says why nothing comes; Peer.Crypto may say it too. With "bandwidth" it may have a Stream all the same, which stands still: the view says so.
	Why string `json:"why,omitempty" ts:"'notWanted'|'bandwidth'|'muted'"`
}

// Stage says who is in front.
type Stage struct {
	Dominant wire.MemberIndex `json:"dominant" ts:"number"` // who speaks, or spoke last; 0: nobody yet
	Sharer   wire.MemberIndex `json:"sharer" ts:"number"`   // the newest screen share's member; 0: none
}

// Chat is the conversation in writing.
type Chat struct {
	Messages []Message `json:"messages"` // at most 500, oldest first
	Unread   int       `json:"unread"`
	Problem  Problem   `json:"problem"` // the last one was refused
}

// Message is one chat message.
type Message struct {
	ID      uint64           `json:"id"`
	From    wire.MemberIndex `json:"from" ts:"number"`
	Name    string           `json:"name"` // the sender's at that time
	Mine    bool             `json:"mine"`
	To      wire.MemberIndex `json:"to,omitempty" ts:"number"` // 0: everybody
	At      int64            `json:"at"`                       // Unix milliseconds
	Text    string           `json:"text"`
	Pending bool             `json:"pending,omitempty"` // sent, not yet back from the relay; ID is then local
}

// Auth is the host account in this browser.
type Auth struct {
	Name    string  `json:"name"`  // signed in as; "" when not
	Known   bool    `json:"known"` // the relay was asked
	Busy    bool    `json:"busy"`
	Problem Problem `json:"problem"` // "auth.bad", "auth.rate", "auth.link" …
	// Enrolled is true after a successful enrolment, until the next command.
	Enrolled bool `json:"enrolled"`
}

// Crypto is the end-to-end encryption of the room (e2ee.md, 10).
type Crypto struct {
	On    bool        `json:"on"` // this room is entered encrypted, or not at all
	Able  CryptoAbled `json:"able" ts:"'unknown'|'yes'|'no'"`
	Phase CryptoPhase `json:"phase" ts:"'off'|'passphrase'|'starting'|'alone'|'checking'|'up'|'mismatch'|'locked'|'split'"`
	// With is who has another passphrase, in the phase "mismatch".
	With wire.MemberIndex `json:"with" ts:"number"`
	// Code is the security code, "12345 67890 …", the same for all who are up; "" while there is nobody else, and unless
	// crypto.code says that the person looks at it.
	Code      string    `json:"code"`
	Agreement Agreement `json:"agreement" ts:"'none'|'same'|'updating'|'differ'"`
	Different int       `json:"different"` // how many people have another passphrase
	Attempts  int       `json:"attempts"`  // how many handshakes of others with me have failed
	// Problem is why a passphrase was not taken ("crypto.empty", "crypto.control", "crypto.long", "crypto.weak"), why people
	// are asked for one ("crypto.passphrase", "e2ee.required"), why there is no encryption ("crypto.unable"; "crypto.load"
	// and "crypto.worker": its program cannot be had, or ended), or why nothing was changed ("auth.role": only moderators
	// do; "crypto.paused").
	Problem Problem `json:"problem"`
}

// CryptoAbled says whether this client can encrypt.
type CryptoAbled string

// Whether it can.
const (
	AbleUnknown CryptoAbled = "unknown" // it was not looked at yet
	AbleYes     CryptoAbled = "yes"
	AbleNo      CryptoAbled = "no"
)

// CryptoPhase says how far the encryption of the room is.
type CryptoPhase string

// The phases.
const (
	CryptoOff      CryptoPhase = "off"        // the room is not encrypted
	CryptoNoPhrase CryptoPhase = "passphrase" // a passphrase is needed
	CryptoStarting CryptoPhase = "starting"   // there is one; the rest begins, or waits for the call
	CryptoAlone    CryptoPhase = "alone"      // nobody else is there
	CryptoChecking CryptoPhase = "checking"   // handshakes are under way, nobody is up
	CryptoUp       CryptoPhase = "up"         // somebody is up
	CryptoMismatch CryptoPhase = "mismatch"   // With has another passphrase, and nothing was tried with the others
	CryptoLocked   CryptoPhase = "locked"     // too many wrong passphrases; nobody new is let in until crypto.unlock
	CryptoSplit    CryptoPhase = "split"      // participants do not see the same people; nothing is sent until crypto.accept
)

// Agreement says whether all see the same people.
type Agreement string

// The agreements.
const (
	AgreeNone     Agreement = "none" // there is nobody to agree with
	AgreeSame     Agreement = "same"
	AgreeUpdating Agreement = "updating" // not everybody yet
	AgreeDiffer   Agreement = "differ"   // for longer than that takes
)

// PeerCrypto says how another member of an encrypted room is.
type PeerCrypto string

// The states of a member. Of those before PeerUp nobody sees, hears or reads anything.
const (
	PeerPlain        PeerCrypto = "" // the room is not encrypted
	PeerWaiting      PeerCrypto = "waiting"
	PeerChecking     PeerCrypto = "checking"
	PeerUp           PeerCrypto = "up"
	PeerDifferent    PeerCrypto = "different"
	PeerReconnecting PeerCrypto = "reconnecting" // it was up, and will be again
	PeerFailed       PeerCrypto = "failed"
)
