package wire

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"unicode/utf8"
)

// fromClient is the envelope of client messages, fromServer that of the relay's.
type fromClient struct {
	T string          `json:"t"`
	N uint32          `json:"n,omitempty"`
	D json.RawMessage `json:"d,omitempty"`
}

type fromServer struct {
	T  string          `json:"t"`
	Re uint32          `json:"re,omitempty"`
	D  json.RawMessage `json:"d,omitempty"`
}

// EncodeClient writes a client's message with its number n (0: none). It returns an error when m is not valid. A
// [Sealed] is written in binary and has no number.
func EncodeClient(m ClientMessage, n uint32) ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	if s, ok := m.(*Sealed); ok {
		return s.encode(), nil
	}
	d, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return json.Marshal(fromClient{T: m.clientType(), N: n, D: d})
}

// DecodeClient reads a client's message, as the relay does: strictly. n is the message's number, also when it is
// refused and the number could be read. The error is an [*Error] with [CodeBadMessage], [CodeUnknown], [CodeTooLarge]
// or the code that the message's content calls for; m is then nil. A [Sealed] shares the memory of b.
func DecodeClient(b []byte) (m ClientMessage, n uint32, err error) {
	if len(b) > MaxMessage {
		return nil, 0, Refuse(CodeTooLarge)
	}
	if Binary(b) {
		s, err := decodeSealed(b)
		if err != nil {
			return nil, 0, err
		}
		return s, 0, nil
	}
	if !utf8.Valid(b) {
		return nil, 0, Refuse(CodeBadMessage, "what", "utf-8")
	}
	var e fromClient
	if err := strict(b, &e); err != nil {
		return nil, e.N, Refuse(CodeBadMessage, "what", "envelope")
	}
	if m = newClient(e.T); m == nil {
		return nil, e.N, Refuse(CodeUnknown)
	}
	if _, ok := m.(*Hello); ok {
		// Another version's hello may have fields that this one does not know: say "version", not "unknown field".
		var v struct {
			Version int `json:"version"`
		}
		if json.Unmarshal(e.D, &v) == nil && v.Version > 0 && v.Version != Version {
			return nil, e.N, Refuse(CodeVersion, "version", strconv.Itoa(Version))
		}
	}
	if len(e.D) > 0 {
		if bytes.Equal(e.D, []byte("null")) || strict(e.D, m) != nil {
			return nil, e.N, Refuse(CodeBadMessage, "what", e.T)
		}
	}
	if err := m.check(); err != nil {
		return nil, e.N, err
	}
	return m, e.N, nil
}

// EncodeServer writes a message of the relay; re is the number of the client's message that it answers, or 0. It
// returns an error for a [Sealed] that is not valid.
func EncodeServer(m ServerMessage, re uint32) ([]byte, error) {
	if s, ok := m.(*Sealed); ok {
		if err := s.check(); err != nil {
			return nil, err
		}
		return s.encode(), nil
	}
	d, err := json.Marshal(noNulls(m))
	if err != nil {
		return nil, err
	}
	return json.Marshal(fromServer{T: m.serverType(), Re: re, D: d})
}

// noNulls returns m, or a copy of it whose missing lists are empty ones: JavaScript would stumble over null.
func noNulls(m ServerMessage) ServerMessage {
	switch m := m.(type) {
	case *Welcome:
		x := *m
		x.Members, x.Slots = list(x.Members), list(x.Slots)
		if x.Answer != nil {
			a := x.Answer.noNulls()
			x.Answer = &a
		}
		return &x
	case *AnswerTo:
		return &AnswerTo{Answer: m.Answer.noNulls()}
	case *Slots:
		return &Slots{Slots: list(m.Slots)}
	case *Speakers:
		return &Speakers{Speaking: list(m.Speaking), Dominant: m.Dominant}
	}
	return m
}

func (a Answer) noNulls() Answer {
	a.Candidates, a.Codecs, a.Exts, a.Slots = list(a.Candidates), list(a.Codecs), list(a.Exts), list(a.Slots)
	return a
}

func list[T any](x []T) []T {
	if x == nil {
		return []T{}
	}
	return x
}

// DecodeServer reads a message of the relay, as a client does: fields that it does not know are passed over. m is nil
// without an error for a type that it does not know, which a client passes over too. A [Sealed] shares the memory of b.
func DecodeServer(b []byte) (m ServerMessage, re uint32, err error) {
	if Binary(b) {
		s, err := decodeSealed(b)
		if err != nil {
			return nil, 0, err
		}
		return s, 0, nil
	}
	var e fromServer
	if err := json.Unmarshal(b, &e); err != nil {
		return nil, 0, Refuse(CodeBadMessage, "what", "envelope")
	}
	if m = newServer(e.T); m == nil {
		return nil, e.Re, nil
	}
	if len(e.D) > 0 {
		if err := json.Unmarshal(e.D, m); err != nil {
			return nil, e.Re, Refuse(CodeBadMessage, "what", e.T)
		}
	}
	return m, e.Re, nil
}

// strict reads exactly one JSON value without unknown fields.
func strict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return Refuse(CodeBadMessage)
	}
	return nil
}
