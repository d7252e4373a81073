package channel

import (
	"encoding/binary"
	"unicode/utf8"
)

// Append implements [Body].
func (k Keys) Append(dst []byte) []byte {
	dst = append(binary.BigEndian.AppendUint32(dst, k.Generation), k.Step)
	dst = append(append(dst, k.Base[:]...), k.Reason)
	return append(dst, k.Digest[:]...)
}

// Append implements [Body].
func (a KeysAck) Append(dst []byte) []byte {
	return append(binary.BigEndian.AppendUint32(dst, a.Generation), a.Digest[:]...)
}

// Append implements [Body].
func (p Profile) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, p.Colour), uint64(p.Hand))
	dst = append(append(dst, byte(len(p.Name))), p.Name...)
	for _, label := range p.Labels {
		dst = append(append(dst, byte(len(label))), label...)
	}
	return dst
}

// Append implements [Body].
func (c Chat) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, c.ID)
	dst = binary.BigEndian.AppendUint64(dst, uint64(c.At))
	return append(dst, c.Text...)
}

// Append implements [Body].
func (w Whisper) Append(dst []byte) []byte { return Chat(w).Append(dst) }

// Append implements [Body].
func (r Reaction) Append(dst []byte) []byte { return append(dst, r.Code...) }

// Append implements [Body].
func (p Ping) Append(dst []byte) []byte { return append(dst, p.Digest[:]...) }

// Append implements [Body].
func (p Passphrase) Append(dst []byte) []byte { return append(append(dst, p.Epoch), p.Text...) }

// Append implements [Body].
func (b Bye) Append(dst []byte) []byte { return append(dst, b.Reason) }

func (k Keys) valid() bool       { return k.Step <= maxStep }
func (KeysAck) valid() bool      { return true }
func (c Chat) valid() bool       { return text(c.Text, 1, MaxText) }
func (w Whisper) valid() bool    { return Chat(w).valid() }
func (r Reaction) valid() bool   { return text(r.Code, 1, MaxCode) }
func (Ping) valid() bool         { return true }
func (p Passphrase) valid() bool { return text(p.Text, 1, MaxPassphrase) }
func (Bye) valid() bool          { return true }

func (p Profile) valid() bool {
	for _, label := range p.Labels {
		if !text(label, 0, MaxLabel) {
			return false
		}
	}
	return text(p.Name, 0, MaxName)
}

// text tells whether s is UTF-8 of least to most bytes.
func text(s string, least, most int) bool {
	return len(s) >= least && len(s) <= most && utf8.ValidString(s)
}

// reader takes a body apart. When too little is left it says short, and gives zeros.
type reader struct {
	rest  []byte
	short bool
}

// body reads a body of type t, with or without what is in it; nil for an unknown type.
func (r *reader) body(t Type) Body {
	switch t {
	case TypeKeys:
		return Keys{Generation: r.u32(), Step: r.u8(), Base: r.b32(), Reason: r.u8(), Digest: r.b32()}
	case TypeKeysAck:
		return KeysAck{Generation: r.u32(), Digest: r.b32()}
	case TypeProfile:
		return r.profile()
	case TypeChat:
		return r.chat()
	case TypeWhisper:
		return Whisper(r.chat())
	case TypeReaction:
		return Reaction{Code: r.last()}
	case TypePing:
		return Ping{Digest: r.b32()}
	case TypePassphrase:
		return Passphrase{Epoch: r.u8(), Text: r.last()}
	case TypeBye:
		return Bye{Reason: r.u8()}
	}
	return nil
}

func (r *reader) profile() Profile {
	p := Profile{Colour: r.u8(), Hand: int64(r.u64()), Name: r.text(int(r.u8()))}
	for i := range p.Labels {
		p.Labels[i] = r.text(int(r.u8()))
	}
	return p
}

func (r *reader) chat() Chat {
	return Chat{ID: r.u64(), At: int64(r.u64()), Text: r.last()}
}

// take returns the next n bytes, part of the body.
func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.short = true
		return make([]byte, n)
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) u8() uint8         { return r.take(1)[0] }
func (r *reader) u32() uint32       { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64       { return binary.BigEndian.Uint64(r.take(8)) }
func (r *reader) b32() [32]byte     { return [32]byte(r.take(32)) }
func (r *reader) text(n int) string { return string(r.take(n)) }
func (r *reader) last() string      { return r.text(len(r.rest)) }
