package conf

import (
	"time"

	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
)

const (
	// maxDeaths is after how many ends of the worker in deathTime the call is given up: what ends again and again would
	// end it for ever. More would show people a call that comes and goes.
	maxDeaths = 3
	deathTime = 5 * time.Minute
	// startTime is how long a worker may take to begin. Its program has 0.6 MB: less would send people away whose network
	// would carry sound; more would leave them longer in front of a page that does nothing.
	startTime = time.Minute
)

// partTime is how long the worker may take for what it says to the members when a person leaves: it takes 5 ms with a
// hundred. More would keep people in a call that they have left, less would cut it short on slow devices.
const partTime = 300 * time.Millisecond

// Codes that are not the relay's.
const (
	codeUnable = "crypto.unable" // this client cannot encrypt
	codeLoad   = "crypto.load"   // the worker's program cannot be had
	codeWorker = "crypto.worker" // the worker ended
	codeBusy   = "crypto.busy"   // there is no connection to turn encryption on over
	codeUnsent = "chat.unsent"   // messages for one person did not go out
)

// encryption is the end-to-end encryption of the room that was chosen (e2ee.md). The keys are not here: the worker has
// them. Here is the latch: from the moment that the room is known to be encrypted until another room is chosen,
// everything that would go out in clear is held back here, and everything that comes in clear is passed over, whatever
// the relay says.
type encryption struct {
	latched bool
	text    string // the passphrase, cleaned; "": none yet

	open     bool                 // there is a worker
	announce []byte               // what it announces; nil: it has not begun
	startBy  time.Time            // when it must have begun; zero: it has
	deaths   [maxDeaths]time.Time // the last ones, the youngest first

	said    bool                        // the relay has announce, on this connection
	present bool                        // the worker knows who is in the room, on this connection
	met     bool                        // it did so at least once
	told    map[wire.MemberIndex][]byte // announces that the worker was told of
	away    map[wire.MemberIndex]bool   // members that it was told are away
	about   port.About                  // what it was told of me
	looks   bool                        // the person looks at the security code
	looked  bool                        // the worker was told so
	session port.State                  // what it said last
	parting Event                       // what is to be done when the members know that we go; nil: we stay
	partBy  time.Time                   // parting: when it is done anyway
	problem Problem
}

// onCrypto handles the passphrase and the worker.
func (s *State) onCrypto(e Event) bool {
	c := &s.crypt
	switch e := e.(type) {
	case CryptoAble:
		s.able(e.Yes)
	case *CryptoPassphrase:
		s.setPassphrase(e.Text)
	case *CryptoOn:
		s.encrypt()
	case *CryptoChange:
		s.changePassphrase(e.Text)
	case *CryptoOthers:
		s.tellWorker(&port.Others{})
	case *CryptoUnlock:
		s.tellWorker(&port.Unlock{})
	case *CryptoAccept:
		s.tellWorker(&port.Accept{})
	case *CryptoCode:
		c.looks = e.On
	case CryptoReport:
		if c.open {
			s.reported(e.Report)
		}
	case CryptoFailed:
		if c.open {
			s.workerEnded(e.Code)
		}
	default:
		return false
	}
	return true
}

// tellWorker has the worker do something that only makes sense in a room.
func (s *State) tellWorker(command port.Command) {
	if s.crypt.met {
		s.do(TellCrypto{Command: command})
	}
}

func (s *State) able(yes bool) {
	v := &s.view.Crypto
	if v.Able = AbleNo; yes {
		v.Able = AbleYes
	}
	s.startInputs() // they may have waited for this
}

// may reports whether I am one of those who encrypt a room in a call, and change its passphrase (e2ee.md, 10). At prejoin
// it is whoever opens the room.
func (s *State) may() bool { return s.view.Me.Role.Moderates() }

// blocked reports whether this client cannot enter the room: people are told so before they are asked for a camera.
func (s *State) blocked() bool { return s.crypt.latched && s.view.Crypto.Able != AbleYes }

// latch is the way into encryption; there is none out of it but another room.
func (s *State) latch() {
	c := &s.crypt
	if c.latched {
		return
	}
	c.latched = true
	s.renewPeer()
	for i := range s.crowd.members {
		s.crowd.members[i].Name, s.crowd.members[i].Hand = "", 0 // the relay's words
	}
	s.crowd.changed = true
	s.openCrypto()
}

// renewPeer ends the peer connection, of which there may be no more than a description: it goes through the worker that it
// began with, or through none. settleFlow holds back what flows.
func (s *State) renewPeer() {
	if s.call.wanted {
		s.do(ClosePeer{})
		s.stopNegotiating()
		s.neg.wantFresh = true
		s.unbind()
	}
}

// openCrypto starts a worker where one is needed and can begin.
func (s *State) openCrypto() {
	c := &s.crypt
	if !c.latched || c.open || c.text == "" || s.view.Crypto.Able != AbleYes {
		return
	}
	c.open, c.startBy = true, s.now.Add(startTime)
	s.do(OpenCrypto{Open: &port.Open{Secret: s.secret(), Realm: s.cfg.Realm}})
}

// parts reports whether the members are to hear first that we go: what e says is then done when they have. A relay that
// hides it has to drop it, and cannot keep us in their list by keeping silent.
func (s *State) parts(e Event) bool {
	c := &s.crypt
	if !s.call.in || !c.present || c.parting != nil {
		return false
	}
	c.parting, c.partBy = e, s.now.Add(partTime)
	s.do(TellCrypto{Command: &port.Leave{}})
	return true
}

// part does what was put off until the members knew.
func (s *State) part() {
	if e := s.crypt.parting; e != nil {
		s.onRoom(e)
		s.crypt.parting, s.crypt.partBy = nil, time.Time{}
	}
}

// closeCrypto ends the worker. Latch and passphrase stay.
func (s *State) closeCrypto() {
	c := &s.crypt
	if c.open {
		s.do(CloseCrypto{})
	}
	*c = encryption{latched: c.latched, text: c.text, deaths: c.deaths, looks: c.looks, problem: c.problem}
}

// setPassphrase takes the first passphrase, or another one while nobody has the one before.
func (s *State) setPassphrase(text string) {
	c := &s.crypt
	clean, code := cleaned(text)
	c.problem = Problem{Code: code}
	if code != "" {
		return
	}
	switch {
	case c.open && !c.met && clean == c.text: // it is being tried
	case !c.met:
		if c.open {
			s.renewPeer()
		}
		s.closeCrypto()
		c.text = clean
		s.openCrypto()
	case c.session.Phase == port.PhaseAlone, c.session.Phase == port.PhaseChecking, c.session.Phase == port.PhaseMismatch:
		s.do(TellCrypto{Command: &port.Retry{Secret: port.Secret{Room: s.view.Room.Name, Passphrase: clean}}})
	}
}

// changePassphrase changes it for everybody. The one before stays until the worker says that it has gone out.
//
// Whose turn it is we ask the relay, which gives the roles; those who hear of the change do not. A bad relay could call
// its author a guest, and keep somebody in who is to be locked out.
func (s *State) changePassphrase(text string) {
	c := &s.crypt
	clean, code := cleaned(text)
	if !s.may() {
		code = string(wire.CodeRole)
	}
	c.problem = Problem{Code: code}
	if code == "" && c.met {
		s.do(TellCrypto{Command: &port.Change{Secret: port.Secret{Room: s.view.Room.Name, Passphrase: clean}}})
	}
}

// encrypt encrypts the room: at prejoin this client will open it so, in a call the relay is asked.
func (s *State) encrypt() {
	c := &s.crypt
	if c.latched {
		return
	}
	switch {
	case s.view.Crypto.Able != AbleYes:
		c.problem = Problem{Code: codeUnable}
	case s.view.App.Screen == ScreenPrejoin:
		s.latch()
	case !s.call.wanted:
	case !s.call.in:
		c.problem = Problem{Code: codeBusy}
	case !s.may():
		c.problem = Problem{Code: string(wire.CodeRole)}
	case c.text == "":
		c.problem = Problem{Code: codePhraseNone}
	default:
		c.problem = Problem{}
		s.send(new(wire.SetE2EE))
	}
}

// ready reports whether there is a passphrase and a client that can use it; the person is told what is missing.
func (s *State) ready() bool {
	switch c := &s.crypt; {
	case !c.latched:
	case s.blocked():
		c.problem = Problem{Code: codeUnable}
		return false
	case c.text == "":
		c.problem = Problem{Code: codePhraseNone}
		return false
	default:
		c.problem = Problem{}
	}
	return true
}

// required: the relay says that the room is encrypted, to a client that came without. Its word is good enough to turn
// encryption on. What it was told before, it has; nothing more follows.
func (s *State) required() {
	s.stop()
	s.view.App = App{Screen: ScreenPrejoin}
	s.latch()
	s.crypt.problem = Problem{Code: string(wire.CodeE2EERequired)}
	s.startInputs()
}

// secured: somebody encrypted the room in which I am.
func (s *State) secured(by wire.MemberIndex) {
	if s.crypt.latched {
		return
	}
	if s.view.Crypto.Able != AbleYes {
		s.latch()
		s.finish(Problem{Code: codeUnable})
		return
	}
	if name := s.nameOf(by); name != "" && by != s.view.Me.Index {
		s.tell(Note{T: "toast", Key: "crypto.secured", Params: map[string]string{"name": name}, Tone: "info"})
	}
	s.latch()
	if s.crypt.text == "" {
		s.crypt.problem = Problem{Code: string(wire.CodeE2EERequired)}
	}
}

// workerEnded: without a worker nothing goes on. A new one has another identity, so I am another member.
func (s *State) workerEnded(code string) {
	c := &s.crypt
	if c.parting != nil {
		s.part()
		return
	}
	for i := maxDeaths - 1; i > 0; i-- { // a slice of times would bring the page all that time.Time can do, 35 kB
		c.deaths[i] = c.deaths[i-1]
	}
	c.deaths[0] = s.now
	again := s.now.Sub(c.deaths[maxDeaths-1]) > deathTime && code != codeLoad
	c.problem = Problem{Code: code}
	switch {
	case !s.call.wanted:
		s.closeCrypto() // Join tries again
	case again:
		c.problem = Problem{}
		s.tell(Note{T: "toast", Key: errorKey(wire.Code(code)), Tone: "warn"})
		s.anew()
	default:
		s.finish(Problem{Code: code})
	}
}

// anew leaves the room and joins it again, as another member. Devices go on, and so does what is seen of the conversation.
func (s *State) anew() {
	began, hand, since := s.view.App.JoinedAt, s.crowd.hand, s.view.Me.Hand
	if s.call.greeted {
		s.send(new(wire.Leave))
	}
	s.do(ClosePeer{})
	s.do(Disconnect{})
	s.forget()
	s.stopNegotiating()
	s.emptyRoom()
	s.wants = wanting{watch: s.wants.watch, shown: s.wants.shown}
	s.closeCrypto()
	s.reseated()
	talk := s.view.Chat
	s.join()
	s.view.Chat = talk
	s.view.App.JoinedAt = began
	s.crowd.hand, s.view.Me.Hand = hand, since
}
