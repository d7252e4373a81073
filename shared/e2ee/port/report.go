package port

// Report is what the worker tells the page.
type Report interface{ report() kind }

// Kinds of reports.
const (
	kindReady      kind = 1
	kindSend       kind = 2
	kindState      kind = 3
	kindSaid       kind = 4
	kindUnsaid     kind = 5
	kindReacted    kind = 6
	kindPassphrase kind = 7
	kindKeyFrame   kind = 8
	kindDrops      kind = 9
	kindFault      kind = 10
	kindUnchanged  kind = 11
	kindOffered    kind = 12
	kindRetried    kind = 13
	kindParted     kind = 14
)

type (
	// Ready answers [Open]: what hello announces.
	Ready struct{ Announce []byte }
	// Send are items for the relay, in order. From is 0: the relay sets it.
	Send struct{ Items []Item }
	// State is how the session is. It comes when something in it changed.
	State struct {
		Phase     Phase
		With      uint16 // who has another passphrase, in [PhaseMismatch]
		Code      string // the security code; "" while there is nobody else, and unless [ShowCode] asked for it
		Agreement Agreement
		Attempts  uint16 // failed handshakes of others with us
		Sending   bool   // our media goes out, sealed
		Peers     []Peer // members with an announcement, by index
	}
	// Said is a chat message, the person's own too.
	Said struct {
		From, To uint16
		ID       uint64 // of the sender; with From it names the message
		At       int64  // Unix milliseconds by the sender's clock; 0: now
		Text     string
	}
	// Unsaid says that a message of ours cannot be sent: Code is a wire code.
	Unsaid struct {
		ID   uint64
		Code string
	}
	// Reacted is a reaction.
	Reacted struct {
		From uint16
		Code string
	}
	// Retried answers [Retry]: Text is the passphrase that is tried now. It is empty when the one before turned out to be
	// right meanwhile, and stays.
	Retried struct{ Text string }
	// Offered says that a member wants the passphrase changed for everybody. The page answers with [Adopt] or [Decline];
	// it hears of no other change before.
	Offered struct {
		By    uint16
		Epoch uint8
		Text  string
	}
	// Passphrase says that the passphrase is another one from now on: we adopted what By told us, or our own change has gone
	// out (By is us).
	Passphrase struct {
		By    uint16
		Epoch uint8
		Text  string
	}
	// Unchanged says that [Change] was refused: Code is a code for people, and the passphrase stays what it is.
	Unchanged struct{ Code string }
	// KeyFrame asks the encoders of our video for a key frame. The worker asks those that it has transforms of itself
	// (RTCRtpScriptTransformer.generateKeyFrame); it reports this where that is not to be had.
	KeyFrame struct{}
	// Drops counts frames that were not passed on since the report before, for those who look for a fault.
	Drops struct{ Counts []Drop }
	// Parted answers [Leave]: what there was to say came before it.
	Parted struct{}
	// Fault says that the program refused a command, which is a defect; the page takes it for the worker's end.
	Fault struct{ Code string }
)

// String hides the passphrase from logs.
func (*Retried) String() string { return "[hidden]" }

// GoString hides the passphrase from %#v.
func (*Retried) GoString() string { return "[hidden]" }

// String hides the passphrase from logs.
func (*Offered) String() string { return "[hidden]" }

// GoString hides the passphrase from %#v.
func (*Offered) GoString() string { return "[hidden]" }

// String hides the passphrase from logs.
func (*Passphrase) String() string { return "[hidden]" }

// GoString hides the passphrase from %#v.
func (*Passphrase) GoString() string { return "[hidden]" }

// Drop is how many frames were dropped for a reason.
type Drop struct {
	Reason int8 // a code of wasm/sealer
	Count  uint32
}

// Peer is another member as the session sees it.
type Peer struct {
	Index  uint16
	Status Status
	About  About // authentic once Status was [StatusUp]; empty before
}

// Phase is how the session is as a whole.
type Phase uint8

// The phases.
const (
	PhaseAlone    Phase = iota // nobody else is there
	PhaseChecking              // handshakes are under way, nobody is up
	PhaseUp                    // at least one member is up
	PhaseMismatch              // the first member that we asked has another passphrase
	PhaseLocked                // too many failed attempts by others
	PhaseSplit                 // participants do not see the same people: nothing is sent until Accept

	phases
)

// Agreement is whether all see the same people.
type Agreement uint8

// The agreements.
const (
	AgreementNone     Agreement = iota // there is nobody to agree with
	AgreementSame                      // everybody's digest is ours
	AgreementUpdating                  // somebody's is not yet
	AgreementDiffer                    // somebody's is not, for longer than that takes

	agreements
)

// Status is how another member is.
type Status uint8

// The statuses.
const (
	StatusWaiting      Status = iota // no handshake from it yet
	StatusChecking                   // a handshake is under way
	StatusUp                         // it has the passphrase; its keys are here
	StatusDifferent                  // it has another passphrase
	StatusReconnecting               // it was up, and its channel is lost
	StatusFailed                     // its handshakes fail in another way

	statuses
)

func (*Ready) report() kind      { return kindReady }
func (*Send) report() kind       { return kindSend }
func (*State) report() kind      { return kindState }
func (*Said) report() kind       { return kindSaid }
func (*Unsaid) report() kind     { return kindUnsaid }
func (*Reacted) report() kind    { return kindReacted }
func (*Retried) report() kind    { return kindRetried }
func (*Offered) report() kind    { return kindOffered }
func (*Passphrase) report() kind { return kindPassphrase }
func (*Unchanged) report() kind  { return kindUnchanged }
func (*KeyFrame) report() kind   { return kindKeyFrame }
func (*Drops) report() kind      { return kindDrops }
func (*Fault) report() kind      { return kindFault }
func (*Parted) report() kind     { return kindParted }
