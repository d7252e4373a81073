package conf

import (
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

// Config is what a State is made with. The zero value is what the page needs.
type Config struct {
	// Client says what the client is, as in hello ("web/0.1"), for statistics only.
	Client string
	// WantAll asks for the video of everybody instead of what [Viewport] says: for bots, which have no screen.
	WantAll bool
	// FirstVideo is how many video slots the first offer opens; 0: 4. More makes the first offer larger (15 kB of SDP
	// with 4, 59 kB with 25, media.md), less makes a meeting of four negotiate once more.
	FirstVideo int
	// MaxVideo is how many video slots may be opened; 0: [wire.MaxVideoSlots].
	MaxVideo int
	// Realm is the site's host name as this client sees it, for encrypted rooms: all members must see the same.
	Realm string
}

// State is the conference as one client lives it. It belongs to one goroutine.
type State struct {
	cfg Config // constant after New

	// of the Step that runs
	now time.Time
	out []Effect

	view  View
	taken small // the small slices of view when they were last looked at
	dirty Dirty

	call  call
	neg   negotiation
	mic   input
	cam   input
	share sharing
	chat  chatting
	crowd crowd
	wants wanting
	auth  ticketing
	crypt encryption
	flow  [len(wire.Streams)]bool // what Transmit last said
}

// New makes the State of a client that has just started. The first event must be [Booted].
func New(cfg Config) *State {
	if cfg.FirstVideo <= 0 {
		cfg.FirstVideo = steps[0]
	}
	if cfg.MaxVideo <= 0 || cfg.MaxVideo > wire.MaxVideoSlots {
		cfg.MaxVideo = wire.MaxVideoSlots
	}
	s := &State{cfg: cfg, dirty: allChanged}
	s.mic = input{stream: wire.Mic, seen: &s.view.Me.Mic}
	s.cam = input{stream: wire.Cam, seen: &s.view.Me.Cam}
	s.view = View{
		App:     App{Screen: ScreenHome, Conn: ConnIdle},
		Me:      Me{Role: wire.Guest, Mic: Input{On: true, State: InputOff}, Cam: Input{On: true, State: InputOff}},
		Devices: Devices{Mics: []Device{}, Cams: []Device{}, Speakers: []Device{}},
		Peers:   []Peer{},
		Chat:    Chat{Messages: []Message{}},
		Crypto:  Crypto{Able: AbleUnknown, Phase: CryptoOff, Agreement: AgreeNone},
	}
	s.auth.tokens = map[string]string{}
	s.crowd.slots, s.crowd.why = map[string]wire.Source{}, map[wire.Source]wire.Why{}
	s.look()
	return s
}

// View is what people see now. It is valid until the next Step, and must not be changed.
func (s *State) View() *View { return &s.view }

// Step takes one event in and says what must be done, in order. now must not go back.
func (s *State) Step(now time.Time, e Event) []Effect {
	s.now, s.out = now, nil
	s.due()
	_ = s.onRoom(e) || s.onLink(e) || s.onMedia(e) || s.onInputs(e) || s.onTalk(e) || s.onAuth(e) || s.onCrypto(e)
	s.settle()
	s.look()
	return s.out
}

// settle does what has become possible or necessary, whatever event led to it. What the relay and the peer connection
// are told is compared with what holds, not sent from each place that changes something: so they cannot drift apart.
func (s *State) settle() {
	s.settleFlow()
	s.greet()
	s.settleCrypto()
	s.negotiate()
	if s.call.in {
		s.settleState()
		s.settleHand()
		s.settleWants()
		s.settleChat()
	}
	if s.crowd.changed {
		s.crowd.changed = false
		s.showPeers()
	}
	s.showConn()
	s.showCrypto()
}

// Deadline says when [Tick] must come, if nothing else comes before. ok is false when there is nothing to wait for.
func (s *State) Deadline() (t time.Time, ok bool) {
	for _, at := range s.timers() {
		if !at.IsZero() && (t.IsZero() || at.Before(t)) {
			t = *at
		}
	}
	return t, !t.IsZero()
}

func (s *State) timers() [8]*time.Time {
	return [...]*time.Time{
		&s.neg.freshAt, &s.neg.giveUp, &s.wants.at, &s.chat.holdUntil, &s.auth.giveUp, &s.call.repeatAt, &s.crypt.startBy,
		&s.crypt.partBy,
	}
}

// due handles the timers whose time has come. freshAt, wants.at and holdUntil only hold something back: clearing them
// lets settle go on.
func (s *State) due() {
	late := func(t *time.Time) bool {
		if t.IsZero() || t.After(s.now) {
			return false
		}
		*t = time.Time{}
		return true
	}
	late(&s.neg.freshAt)
	late(&s.wants.at)
	late(&s.chat.holdUntil)
	if late(&s.call.repeatAt) {
		s.repeat()
	}
	if late(&s.neg.giveUp) {
		s.negotiationFailed(Problem{Code: string(wire.CodeMedia)})
	}
	if late(&s.auth.giveUp) {
		s.ticketed("")
	}
	if late(&s.crypt.startBy) {
		s.workerEnded(codeLoad)
	}
	if late(&s.crypt.partBy) {
		s.part()
	}
}

func (s *State) do(e Effect) { s.out = append(s.out, e) }

// send sends m without a number. Only for a link that is up.
func (s *State) send(m wire.ClientMessage) { s.do(Send{Message: m}) }

// sendNumbered sends m and returns the number that its answer will carry.
func (s *State) sendNumbered(m wire.ClientMessage) uint32 {
	s.call.n++
	s.do(Send{Message: m, N: s.call.n})
	return s.call.n
}

func (s *State) tell(n Note) { s.do(Tell{Note: n}) }

// errorKey is the key of a code's text in the site's catalogue.
func errorKey(c wire.Code) string { return "error." + string(c) }

func problem(e wire.Error) Problem {
	return Problem{Code: string(e.Code), Params: e.Params, RetryAfter: e.RetryAfter}
}
