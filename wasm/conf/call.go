package conf

import (
	"strings"
	"time"

	"github.com/conclave-meet/conclave/shared/roomname"
	"github.com/conclave-meet/conclave/shared/wire"
)

// call is the wish to be in a room, and how far it has got.
type call struct {
	wanted bool // a connection is wanted: from join to leave

	// of the present connection
	up      bool // LinkUp came
	greeted bool // hello was sent
	waits   bool // the relay said waiting
	in      bool // the relay said welcome

	seated bool   // a welcome came in this call: the relay keeps a seat, hello takes it back
	token  string // resume token; it may be there without a seat of this page (a reload)
	n      uint32 // the last message's number

	told     bool         // the relay knows of my streams what sent says
	sent     wire.Sending // what it knows
	life     string       // the room's incarnation
	repeatAt time.Time    // when to say again what may have been dropped
}

// onRoom handles the commands that move between screens.
func (s *State) onRoom(e Event) bool {
	switch e.(type) {
	case *OpenRoom, *Home, *Leave:
		if s.parts(e) {
			return true
		}
	}
	switch e := e.(type) {
	case Booted:
		s.boot(e.Stored)
	case *OpenRoom:
		s.openRoom(e.Name, e.E2EE)
	case *Home:
		s.stop()
		s.crypt = encryption{}
		s.view.Room = Room{}
		s.view.App = App{Screen: ScreenHome}
	case *SetName:
		s.setName(e.Name)
	case *Join:
		if s.view.App.Screen == ScreenPrejoin && s.setName(e.Name) && s.ready() {
			s.join()
		}
	case *Rejoin:
		if s.view.App.Screen == ScreenEnd && s.view.Room.Name != "" {
			if s.ready() {
				s.join()
			} else {
				s.view.App = App{Screen: ScreenPrejoin}
			}
			s.startInputs()
		}
	case *Leave, PageGone:
		if s.active() {
			s.finish(Problem{Code: string(wire.CodeLeft)})
		}
	default:
		return false
	}
	return true
}

func (s *State) boot(stored map[string]string) {
	me, dev := &s.view.Me, &s.view.Devices
	if name := strings.TrimSpace(stored["name"]); wire.NameOK(name) {
		me.Name = name
	}
	me.Mic.On, me.Cam.On = stored["mic"] != "off", stored["cam"] != "off"
	dev.Mic, dev.Cam, dev.Speaker = stored["device.mic"], stored["device.cam"], stored["device.speaker"]
	if dev.Speaker != "" {
		s.do(SetSpeaker{ID: dev.Speaker})
	}
	for k, v := range stored {
		if room, ok := strings.CutPrefix(k, resumeKey("")); ok {
			s.auth.tokens[room] = v
		}
	}
	s.api(CallAPI{Op: "session"})
}

func resumeKey(room string) string { return "resume:" + room }

// openRoom chooses a room. Encryption that was on for a room stays on when the same room is chosen again.
func (s *State) openRoom(raw string, encrypted bool) {
	s.stop()
	name, err := roomname.Parse(raw)
	if s.view.Room.Name != name.Text() || err != nil {
		s.crypt = encryption{}
	}
	if err != nil {
		why := "?"
		if e, ok := err.(*roomname.Error); ok {
			why = string(e.Reason)
		}
		s.view.App = App{Screen: ScreenHome}
		s.view.Room = Room{Problem: Problem{Code: string(wire.CodeRoom), Params: map[string]string{"why": why}}}
		return
	}
	s.view.App = App{Screen: ScreenPrejoin}
	s.view.Room = Room{Name: name.Text(), Strength: StrengthOf(name.Text())}
	if encrypted {
		s.latch()
	}
	s.startInputs()
}

// setName reports whether name can be used; it then is.
func (s *State) setName(name string) bool {
	name = strings.TrimSpace(name)
	if !wire.NameOK(name) {
		s.tell(Note{T: "toast", Key: errorKey(wire.CodeName), Tone: "error"})
		return false
	}
	if s.view.Me.Name != name {
		s.view.Me.Name = name
		s.do(Store{Key: "name", Value: name})
	}
	return true
}

// join starts everything that hello needs, all at once.
func (s *State) join() {
	room := s.view.Room.Name
	s.call = call{wanted: true, token: s.auth.tokens[room], n: s.call.n}
	s.view.App = App{Screen: ScreenJoining}
	s.view.Chat = Chat{Messages: []Message{}}
	s.dirty |= ChatChanged
	s.openCrypto()
	s.do(Connect{})
	s.neg.tries = 0
	s.needFresh()
	s.auth.tried, s.auth.refused = false, false
	s.askTicket()
}

// active reports whether a room is being prepared, entered or used: devices may run then.
func (s *State) active() bool {
	switch s.view.App.Screen {
	case ScreenPrejoin, ScreenJoining, ScreenWaiting, ScreenCall:
		return true
	}
	return false
}

// finish ends the call and shows why.
func (s *State) finish(why Problem) {
	s.stop()
	s.view.App = App{Screen: ScreenEnd, End: why, JoinedAt: s.view.App.JoinedAt}
}

// stop ends whatever runs: connection, media, devices. The seat is given up when the relay can still be told.
func (s *State) stop() {
	if s.call.wanted {
		if s.call.greeted {
			s.send(new(wire.Leave))
		}
		s.do(ClosePeer{})
		s.do(Disconnect{})
		s.forget()
	}
	s.closeCrypto()
	s.call = call{n: s.call.n}
	s.stopInputs()
	s.stopNegotiating()
	s.emptyRoom()
	s.wants = wanting{}
	s.chat = chatting{open: false}
	s.view.Chat = Chat{Messages: []Message{}}
	s.dirty |= ChatChanged
	s.view.Me.Role = wire.Guest
	s.auth.stop()
}

// remember keeps the resume token, forget drops it.
func (s *State) remember(token string) {
	s.call.token = token
	s.auth.tokens[s.view.Room.Name] = token
	s.do(Store{Key: resumeKey(s.view.Room.Name), Value: token})
}

func (s *State) forget() {
	room := s.view.Room.Name
	if s.auth.tokens[room] != "" {
		delete(s.auth.tokens, room)
		s.do(Store{Key: resumeKey(room)})
	}
	s.call.token = ""
}

// showConn derives what is said about the connection.
func (s *State) showConn() {
	a := &s.view.App
	switch {
	case !s.call.wanted:
		a.Conn = ConnIdle
	case s.call.in && !s.neg.broken, s.call.waits:
		a.Conn = ConnUp
	case s.call.seated, a.Screen == ScreenWaiting:
		a.Conn = ConnLost
	default:
		a.Conn = ConnConnecting
	}
}
