package e2ee

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/conclave-meet/conclave/shared/e2ee/channel"
)

const (
	// chatKept is how many of our messages are repeated to a member whose channel was lost, how many wait at most to be
	// sent, and half of how many of each member are known again. More costs memory, fewer loses some to those who write
	// fast.
	chatKept = 32
	// chatFor is how long they are: as long as a lost member stays on the roster.
	chatFor = downAfter
)

// Profile is what a member tells the others about its person.
type Profile = channel.Profile

// chatLog is what we said lately, for those who do not have it yet or whose channel was lost meanwhile, and what we know
// of those who left. The zero value is empty.
type chatLog struct {
	said  []saying
	first uint64 // number of said[0]; each line has the next
	past  past
}

// line returns a line that is kept.
func (l *chatLog) line(number uint64) saying { return l.said[number-l.first] }

// pass passes over the lines that p is not to get, and reports whether there is one that it is.
func (l *chatLog) pass(p *peer) bool {
	p.turn.next = max(p.turn.next, l.first)
	for ; p.turn.next < l.end(); p.turn.next++ {
		if l.line(p.turn.next).isFor(p) {
			return true
		}
	}
	return false
}

// end is the number that the next line will have.
func (l *chatLog) end() uint64 { return l.first + uint64(len(l.said)) }

type saying struct {
	at   time.Duration
	to   uint16 // 0: everybody who was on the roster
	chat channel.Chat
}

// isFor tells whether p is to get a line: it was on the roster when it was said, and it is not for another.
func (l saying) isFor(p *peer) bool {
	return l.at >= p.since && (l.to == 0 || l.to == p.Index)
}

// size is that of the record of a line, in bytes.
func (l saying) size() int { return channel.ChatSize(len(l.chat.Text)) }

// Profile tells the others about our person, and later those who come. It returns [ErrText] for texts beyond the bounds
// of [channel.Profile]; what was told before then stands.
func (s *Session) Profile(now time.Duration, profile Profile) error {
	s.at(now)
	defer s.settle()
	if _, err := channel.Make(profile); err != nil {
		return ErrText
	}
	if profile == s.profile {
		return nil
	}
	s.profile = profile
	for _, p := range s.peers {
		s.send(p, profile)
	}
	return nil
}

// Say sends a chat message to member to, or to everybody who is up when to is 0. id names it for good: no two of a session
// are the same. It returns [ErrText], [ErrPaused], [ErrNobody] when the member is not on the roster, or [ErrBusy] when the
// relay has not taken the messages before; otherwise the message comes back as [Said]. It goes out as fast as the relay
// takes it. Who has lost its channel gets it when it has another.
func (s *Session) Say(now time.Duration, id uint64, to uint16, text string) error {
	s.at(now)
	defer s.settle()
	chat := channel.Chat{ID: id, Text: text}
	switch {
	case text == "" || len(text) > channel.MaxText || !utf8.ValidString(text):
		return ErrText
	case !s.sending():
		return ErrPaused
	}
	if to != 0 {
		if p := s.peer(to); p == nil || !p.verified {
			return ErrNobody
		}
	}
	if len(s.log.said) == chatKept {
		for _, p := range s.peers {
			if p.live() && s.log.pass(p) && p.turn.next == s.log.first {
				return ErrBusy
			}
		}
		s.log.said = slices.Delete(s.log.said, 0, 1)
		s.log.first++
	}
	s.log.said = append(s.log.said, saying{at: s.now, to: to, chat: chat})
	s.out.event(Said{From: s.me.Index, To: to, ID: id, Text: text})
	return nil
}

// sendChat sends p a line that is meant for it.
func (s *Session) sendChat(p *peer, line saying) {
	if line.to == 0 {
		s.send(p, line.chat)
	} else {
		s.send(p, channel.Whisper(line.chat))
	}
}

// beginChat has p get what is said from now on.
func (s *Session) beginChat(p *peer) { p.turn = turn{next: s.log.end()} }

// repeatChat has p get again what was said lately and since it was on the roster: some may be lost. It knows what it has.
func (s *Session) repeatChat(p *peer) {
	for i, line := range s.log.said {
		if s.now-line.at < chatFor {
			p.turn.next = min(p.turn.next, s.log.first+uint64(i))
			return
		}
	}
}

// receiveChat passes on a message of p that was not passed on before. to is 0 or us.
func (s *Session) receiveChat(p *peer, c channel.Chat, to uint16) {
	if slices.Contains(p.said, c.ID) {
		return
	}
	if len(p.said) == 2*chatKept {
		p.said = slices.Delete(p.said, 0, 1)
	}
	p.said = append(p.said, c.ID)
	s.out.event(Said{From: p.Index, To: to, ID: c.ID, At: c.At, Text: c.Text})
}

// React sends a reaction to everybody who is up. What does not arrive is not repeated. It returns [ErrText] for a code
// that is empty or too long, [ErrPaused], and [ErrBusy]: a reaction that comes late is none.
func (s *Session) React(now time.Duration, code string) error {
	s.at(now)
	defer s.settle()
	body := channel.Reaction{Code: code}
	if _, err := channel.Make(body); err != nil {
		return ErrText
	}
	if !s.sending() {
		return ErrPaused
	}
	if s.out.pace.wait(s.now, len(s.peers), channel.MinRecord) > 0 {
		return ErrBusy
	}
	for _, p := range s.peers {
		s.send(p, body)
	}
	return nil
}
