package e2ee

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/conclave-meet/conclave/shared/e2ee/channel"
)

const (
	// chatKept is how many of our messages are repeated to a member whose channel was lost, and how many of each member
	// are known again. More costs memory, fewer loses some to those who write fast.
	chatKept = 32
	// chatFor is how long they are: as long as a lost member stays on the roster.
	chatFor = downAfter
)

// Profile is what a member tells the others about its person.
type Profile = channel.Profile

// chatLog is what we said lately, for those whose channel was lost meanwhile. The zero value is empty.
type chatLog struct{ said []saying }

type saying struct {
	at   time.Duration
	to   uint16 // 0: everybody who was on the roster
	chat channel.Chat
}

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
// are the same. It returns [ErrText], [ErrPaused], or [ErrNobody] when the member is not on the roster; otherwise the
// message comes back as [Said]. Who has lost its channel gets it when it has another.
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
		s.log.said = slices.Delete(s.log.said, 0, 1)
	}
	line := saying{at: s.now, to: to, chat: chat}
	s.log.said = append(s.log.said, line)
	for _, p := range s.peers {
		s.sendChat(p, line)
	}
	s.out.event(Said{From: s.me.Index, To: to, ID: id, Text: text})
	return nil
}

// sendChat sends p what is meant for it.
func (s *Session) sendChat(p *peer, line saying) {
	switch line.to {
	case 0:
		s.send(p, line.chat)
	case p.Index:
		s.send(p, channel.Whisper(line.chat))
	}
}

// repeatChat sends p again what was said lately and since it was on the roster: some may be lost. It knows what it has.
func (s *Session) repeatChat(p *peer) {
	for _, line := range s.log.said {
		if line.at >= p.since && s.now-line.at < chatFor {
			s.sendChat(p, line)
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
// that is empty or too long, and [ErrPaused].
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
	for _, p := range s.peers {
		s.send(p, body)
	}
	return nil
}
