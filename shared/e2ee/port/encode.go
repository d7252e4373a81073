package port

import (
	"encoding/binary"
	"strings"
)

// kind is the first byte of a message.
type kind uint8

// AppendCommand appends the encoding of c to dst. Texts that are not UTF-8 have U+FFFD where they are not.
func AppendCommand(dst []byte, c Command) []byte {
	dst = append(dst, byte(c.command()))
	switch c := c.(type) {
	case *Open:
		dst = appendText(appendSecret(dst, c.Secret), c.Realm)
	case *Retry:
		dst = appendSecret(dst, c.Secret)
	case *Change:
		dst = appendSecret(dst, c.Secret)
	case *Adopt:
		dst = append(appendSecret(dst, c.Secret), c.Epoch)
	case *Decline:
		dst = append(dst, c.Epoch)
	case *Welcome:
		dst = u16(dst, c.Me)
		dst = u32(dst, len(c.Others))
		for _, m := range c.Others {
			dst = appendMember(dst, m)
		}
	case *Joined:
		dst = appendMember(dst, c.Member)
	case *Left:
		dst = u16(dst, c.Index)
	case *Away:
		dst = appendBool(u16(dst, c.Index), c.Away)
	case *Receive:
		dst = appendItems(dst, c.Items)
	case *Profile:
		dst = appendAbout(dst, c.Profile)
	case *Say:
		dst = appendText(u16(u64(dst, c.ID), c.To), c.Text)
	case *React:
		dst = appendText(dst, c.Code)
	case *ShowCode:
		dst = appendBool(dst, c.On)
	}
	return dst
}

// AppendReport appends the encoding of r to dst. Texts that are not UTF-8 have U+FFFD where they are not.
func AppendReport(dst []byte, r Report) []byte {
	dst = append(dst, byte(r.report()))
	switch r := r.(type) {
	case *Ready:
		dst = appendBytes(dst, r.Announce)
	case *Send:
		dst = appendItems(dst, r.Items)
	case *State:
		dst = appendState(dst, r)
	case *Said:
		dst = u16(u16(dst, r.From), r.To)
		dst = u64(u64(dst, r.ID), uint64(r.At))
		dst = appendText(dst, r.Text)
	case *Unsaid:
		dst = appendText(u64(dst, r.ID), r.Code)
	case *Reacted:
		dst = appendText(u16(dst, r.From), r.Code)
	case *Retried:
		dst = appendText(dst, r.Text)
	case *Offered:
		dst = appendText(append(u16(dst, r.By), r.Epoch), r.Text)
	case *Passphrase:
		dst = appendText(append(u16(dst, r.By), r.Epoch), r.Text)
	case *Drops:
		dst = u32(dst, len(r.Counts))
		for _, x := range r.Counts {
			dst = binary.BigEndian.AppendUint32(append(dst, byte(x.Reason)), x.Count)
		}
	case *Unchanged:
		dst = appendText(dst, r.Code)
	case *Fault:
		dst = appendText(dst, r.Code)
	}
	return dst
}

func appendState(dst []byte, s *State) []byte {
	dst = u16(append(dst, byte(s.Phase)), s.With)
	dst = append(appendText(dst, s.Code), byte(s.Agreement))
	dst = appendBool(u16(dst, s.Attempts), s.Sending)
	dst = u32(dst, len(s.Peers))
	for _, p := range s.Peers {
		dst = append(u16(dst, p.Index), byte(p.Status))
		dst = appendAbout(dst, p.About)
	}
	return dst
}

// appendSecret has the PRS first: the worker writes it into the encoded command.
func appendSecret(dst []byte, s Secret) []byte {
	return appendText(appendText(append(dst, s.PRS[:]...), s.Room), s.Passphrase)
}

func appendMember(dst []byte, m Member) []byte { return appendBytes(u16(dst, m.Index), m.Announce) }

func appendItems(dst []byte, items []Item) []byte {
	dst = u32(dst, len(items))
	for _, x := range items {
		dst = appendBytes(u16(u16(append(dst, x.Kind), x.From), x.To), x.Data)
	}
	return dst
}

func appendAbout(dst []byte, a About) []byte {
	return u64(append(appendText(dst, a.Name), a.Colour), uint64(a.Hand))
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, 1)
	}
	return append(dst, 0)
}

func appendBytes(dst, b []byte) []byte { return append(u32(dst, len(b)), b...) }

func appendText(dst []byte, s string) []byte {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return append(u32(dst, len(s)), s...)
}

func u16(dst []byte, v uint16) []byte { return binary.BigEndian.AppendUint16(dst, v) }
func u32(dst []byte, v int) []byte    { return binary.BigEndian.AppendUint32(dst, uint32(v)) }
func u64(dst []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(dst, v) }
