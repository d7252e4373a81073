package wire

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

func bad(what string) *Error { return Refuse(CodeBadMessage, "what", what) }

func (m *Hello) check() error {
	switch {
	case m.Version <= 0:
		return bad("version")
	case m.Version != Version:
		// Before everything else: another version may mean anything by the other fields.
		return Refuse(CodeVersion, "version", strconv.Itoa(Version))
	case m.Room == "":
		return Refuse(CodeRoom, "why", "empty")
	case len(m.Room) > MaxRoom:
		return Refuse(CodeRoom, "why", "too-long")
	case len(m.Client) > MaxClient || !printable(m.Client):
		return bad("client")
	case len(m.Ticket) > MaxToken || !printable(m.Ticket):
		return bad("ticket")
	case len(m.Resume) > MaxToken || !printable(m.Resume):
		return bad("resume")
	case m.E2EE == nil && !NameOK(m.Name):
		return Refuse(CodeName)
	case m.E2EE != nil && m.Name != "":
		return bad("name") // the relay is not to know it
	case m.Offer == nil && m.Resume == "":
		return bad("offer")
	}
	if m.E2EE != nil {
		if err := m.E2EE.check(); err != nil {
			return err
		}
	}
	if m.Offer != nil {
		return m.Offer.check()
	}
	return nil
}

func (m *Auth) check() error {
	if m.Ticket == "" || len(m.Ticket) > MaxToken || !printable(m.Ticket) {
		return Refuse(CodeTicket)
	}
	return nil
}

func (m *SetOffer) check() error { return m.Offer.check() }

func (m *SetWants) check() error {
	if len(m.Wants) > MaxWants {
		return bad("wants")
	}
	seen := make(map[Source]bool, len(m.Wants))
	for _, w := range m.Wants {
		switch {
		case w.Member == 0 || w.Stream >= streams || w.Stream.Kind() != Video || seen[w.Source]:
			return bad("wants.source")
		case w.Height < 1 || w.Height > 4320:
			return bad("wants.height")
		case w.Prio < 0 || w.Prio > 9:
			return bad("wants.prio")
		}
		seen[w.Source] = true
	}
	return nil
}

func (m *SetState) check() error { return nil }

func (m *SendChat) check() error {
	if !ChatOK(m.Text) {
		return Refuse(CodeChat)
	}
	return nil
}

func (e *E2EE) check() error {
	if len(e.Announce) == 0 || len(e.Announce) > MaxAnnounce {
		return bad("announce")
	}
	return nil
}

func (m *SetAnnounce) check() error { return m.E2EE.check() }

func (m *SetHand) check() error { return nil }
func (m *SetE2EE) check() error { return nil }
func (m *Ping) check() error    { return nil }
func (m *Leave) check() error   { return nil }

// NameOK reports whether s may be a display name: 1 … [MaxName] code points, no control or line-breaking characters
// (general categories Cc, Zl, Zp), not only white space and what cannot be seen.
func NameOK(s string) bool {
	return textOK(s, MaxName, func(rune) bool { return false })
}

// ChatOK reports whether s may be a chat message: 1 … [MaxChat] code points, no control characters but tab and line
// feed, not only white space and what cannot be seen.
func ChatOK(s string) bool {
	return textOK(s, MaxChat, func(r rune) bool { return r == '\n' || r == '\t' })
}

func textOK(s string, most int, allow func(rune) bool) bool {
	if len(s) > 4*most || !utf8.ValidString(s) || utf8.RuneCountInString(s) > most {
		return false
	}
	blank := true
	for _, r := range s {
		if !allow(r) && unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) {
			return false
		}
		blank = blank && (unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point))
	}
	return !blank
}

// printable reports whether s is visible ASCII.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
