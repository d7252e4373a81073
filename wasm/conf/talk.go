package conf

import (
	"slices"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
)

const (
	// maxMessages is how much of the conversation is kept; more would slow the drawing of each new message.
	maxMessages = 500
	// maxQueued is how many messages may wait for a lost connection (ui.md, 1.18).
	maxQueued = 10
	// localID is where the ids of messages begin that the relay has not numbered yet; JavaScript's numbers are exact up
	// to 2^53.
	localID = 1 << 52
	// sealedID is where the ids of messages begin that came past the relay.
	sealedID = 1 << 51
	// rateWait is how long to wait after the relay dropped messages, when it does not say itself.
	rateWait = time.Second
	// replayTime is how long the relay has to say what was missed. It says so right after the welcome; less would write
	// messages twice on slow networks, more would delay them.
	replayTime = 500 * time.Millisecond
)

// chatting is what the conversation is made of besides what is seen.
type chatting struct {
	open      bool
	queue     []outgoing // not confirmed yet, oldest first
	last      uint64     // the last local id
	heard     uint64     // the last id of the relay
	shown     uint64     // messages that came past the relay
	holdUntil time.Time  // nothing is sent before
	busy      bool       // it is because the encryption worker took no more
}

type outgoing struct {
	id    uint64
	text  string
	to    wire.MemberIndex
	n     uint32 // the message's number; 0: not sent on this connection
	tried bool   // it was sent, on this connection or before
	said  bool   // the encryption worker has it
	at    int64  // Unix milliseconds
}

// onTalk handles chat, hands and what is watched.
func (s *State) onTalk(e Event) bool {
	switch e := e.(type) {
	case *Say:
		s.say(e.Text, e.To)
	case *ChatSeen:
		s.chat.open = e.Open
		if e.Open && s.view.Chat.Unread > 0 {
			s.view.Chat.Unread = 0
			s.dirty |= ChatChanged
		}
	case *Hand:
		s.raise(e.Up)
	case Viewport:
		s.wants.watch, s.wants.shown, s.wants.stale = e.Watch, true, true
	case Tick:
	default:
		return false
	}
	return true
}

func (s *State) raise(up *bool) {
	if s.view.App.Screen != ScreenCall {
		return
	}
	c := &s.crowd
	if c.hand = !c.hand; up != nil {
		c.hand = *up
	}
	s.view.Me.Hand = 0
	if c.hand {
		s.view.Me.Hand = s.now.UnixMilli()
	}
}

func (s *State) settleHand() {
	if c := &s.crowd; c.hand != c.told && !s.crypt.latched {
		c.told = c.hand
		s.send(&wire.SetHand{Up: c.hand})
	}
}

func (s *State) say(text string, to wire.MemberIndex) {
	v, q := &s.view.Chat, &s.chat
	if s.view.App.Screen != ScreenCall {
		return
	}
	s.dirty |= ChatChanged
	waiting := 0
	for _, o := range q.queue {
		if o.n == 0 && !o.said {
			waiting++
		}
	}
	switch {
	case !wire.ChatOK(text):
		v.Problem = Problem{Code: string(wire.CodeChat)}
		return
	case waiting >= maxQueued:
		v.Problem = Problem{Code: string(wire.CodeRate)}
		return
	}
	v.Problem = Problem{}
	q.last++
	q.queue = append(q.queue, outgoing{id: localID + q.last, text: text, to: to, at: s.now.UnixMilli()})
	v.Messages = append(v.Messages, Message{
		ID: localID + q.last, From: s.view.Me.Index, Name: s.view.Me.Name, Mine: true, To: to,
		At: s.now.UnixMilli(), Text: text, Pending: true,
	})
	s.trimChat()
}

// settleChat sends what waits.
func (s *State) settleChat() {
	if s.crypt.latched {
		s.sayCrypto()
		return
	}
	if !s.chat.holdUntil.IsZero() {
		return
	}
	for i := range s.chat.queue {
		if o := &s.chat.queue[i]; o.n == 0 {
			o.n, o.tried = s.sendNumbered(&wire.SendChat{Text: o.text, To: o.to}), true
		}
	}
}

// unsent: what was not confirmed is sent again, unless the relay says it back before.
func (s *State) unsent() {
	for i := range s.chat.queue {
		s.chat.queue[i].n = 0
	}
}

// heard takes a message of the relay; re is the number of mine that it confirms.
func (s *State) heard(m *wire.Chat, re uint32) {
	q := &s.chat
	if m.ID != 0 && m.ID <= q.heard {
		return // said again after a lost connection
	}
	q.heard = m.ID
	mine := m.From == s.view.Me.Index
	if mine && re == 0 { // missed: find it by what it says
		if i := slices.IndexFunc(q.queue, func(o outgoing) bool { return o.tried && o.text == m.Text && o.to == m.To }); i >= 0 {
			s.dequeueAt(i)
		}
	} else if mine {
		s.dequeue(re)
	}
	s.showMessage(Message{ID: m.ID, From: m.From, Name: s.nameOf(m.From), Mine: mine, To: m.To, At: m.At, Text: m.Text})
}

// showMessage puts a message under those that are there.
func (s *State) showMessage(msg Message) {
	v := &s.view.Chat
	// What is pending stays at the end.
	at := len(v.Messages)
	for at > 0 && v.Messages[at-1].Pending {
		at--
	}
	v.Messages = slices.Insert(v.Messages, at, msg)
	s.trimChat()
	s.dirty |= ChatChanged
	if !msg.Mine && !s.chat.open {
		v.Unread++
		s.tell(Note{T: "sound", Key: "chat"})
		s.tell(Note{T: "announce", Key: "chat.from", Params: map[string]string{"name": msg.Name, "text": msg.Text}})
	}
}

// dequeue takes the message with the number n out of the queue and off the screen.
func (s *State) dequeue(n uint32) (o outgoing, ok bool) {
	q := &s.chat
	i := slices.IndexFunc(q.queue, func(o outgoing) bool { return o.n == n })
	if i < 0 {
		return outgoing{}, false
	}
	return s.dequeueAt(i), true
}

// dequeueID does so with the message that has a local id, of those that the encryption worker has.
func (s *State) dequeueID(id uint64) (o outgoing, ok bool) {
	i := slices.IndexFunc(s.chat.queue, func(o outgoing) bool { return o.said && o.id == id })
	if i < 0 {
		return outgoing{}, false
	}
	return s.dequeueAt(i), true
}

func (s *State) dequeueAt(i int) (o outgoing) {
	q, v := &s.chat, &s.view.Chat
	o = q.queue[i]
	q.queue = slices.Delete(q.queue, i, i+1)
	v.Messages = slices.DeleteFunc(v.Messages, func(m Message) bool { return m.ID == o.id && m.Pending })
	s.dirty |= ChatChanged
	return o
}

// chatRefused reports whether the refusal was of a chat message.
func (s *State) chatRefused(e wire.Error, re uint32) bool {
	_, ok := s.dequeue(re)
	if ok {
		s.view.Chat.Problem = problem(e)
	}
	return ok
}

// resumeChat follows a welcome. What I sent before the connection was lost may have reached the others: the relay says
// now what I missed, and only what is not among that is sent again. another: this is another life of the room.
func (s *State) resumeChat(another bool) {
	q, v := &s.chat, &s.view.Chat
	if s.crypt.latched {
		return // the relay has no part in it
	}
	if another {
		q.heard = 0
		v.Messages = slices.DeleteFunc(v.Messages, func(m Message) bool { return !m.Pending })
		s.dirty |= ChatChanged
	} else if slices.ContainsFunc(q.queue, func(o outgoing) bool { return o.tried }) {
		q.holdUntil = s.now.Add(replayTime)
	}
}

// reseated: I leave and come back as another member, to whom nothing is owed. What has not gone out goes out then, but what
// is meant for one person: by then somebody else may sit there.
func (s *State) reseated() {
	q, v := &s.chat, &s.view.Chat
	q.holdUntil, q.busy = time.Time{}, false
	for i := len(q.queue) - 1; i >= 0; i-- {
		if o := &q.queue[i]; o.to == 0 {
			o.said = false
		} else {
			s.dequeueAt(i)
			v.Problem = Problem{Code: codeUnsent}
		}
	}
}

func (s *State) trimChat() {
	if v := &s.view.Chat; len(v.Messages) > maxMessages {
		v.Messages = slices.Delete(v.Messages, 0, len(v.Messages)-maxMessages)
	}
}

func (s *State) nameOf(i wire.MemberIndex) string {
	if at, ok := s.crowd.find(i); ok {
		return s.crowd.members[at].Name
	}
	return ""
}
