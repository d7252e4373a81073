package adapter

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// What is needed of LiveKit's protocol, by hand: its Go package would bring some sixty modules. Numbers are those of
// protobufs/livekit_rtc.proto and livekit_models.proto in github.com/livekit/protocol.

// Fields of SignalRequest.
const (
	requestOffer    protowire.Number = 1
	requestAnswer   protowire.Number = 2
	requestTrickle  protowire.Number = 3
	requestAddTrack protowire.Number = 4
	requestPing     protowire.Number = 16
)

// Fields of SignalResponse.
const (
	responseJoin      protowire.Number = 1
	responseAnswer    protowire.Number = 2
	responseOffer     protowire.Number = 3
	responseTrickle   protowire.Number = 4
	responsePublished protowire.Number = 6
	responseLeave     protowire.Number = 8
)

// target is SignalTarget: which of the two peer connections is meant.
type target uint64

const (
	publisher  target = 0
	subscriber target = 1
)

// response is what a SignalResponse said, as far as it matters.
type response struct {
	kind      protowire.Number
	sdp       string // of an answer or an offer
	id        uint64 // of an offer; its answer repeats it
	candidate string // JSON
	target    target
}

var errProtobuf = errors.New("a message that is no protobuf")

// parseResponse reads a SignalResponse.
func parseResponse(b []byte) (r response, err error) {
	err = eachField(b, func(n protowire.Number, _ uint64, inner []byte) error {
		r.kind = n
		if n != responseAnswer && n != responseOffer && n != responseTrickle {
			return nil
		}
		return eachField(inner, func(f protowire.Number, v uint64, text []byte) error {
			switch {
			case n == responseTrickle && f == 1:
				r.candidate = string(text)
			case n == responseTrickle && f == 2:
				r.target = target(v)
			case f == 2:
				r.sdp = string(text)
			case f == 3:
				r.id = v
			}
			return nil
		})
	})
	return r, err
}

// eachField calls f with each field of a message: its number, and its value, v of a varint and inner of bytes.
func eachField(b []byte, f func(n protowire.Number, v uint64, inner []byte) error) error {
	for len(b) > 0 {
		n, kind, size := protowire.ConsumeTag(b)
		if size < 0 {
			return errProtobuf
		}
		b = b[size:]
		var v uint64
		var inner []byte
		switch kind {
		case protowire.VarintType:
			v, size = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			inner, size = protowire.ConsumeBytes(b)
		default:
			size = protowire.ConsumeFieldValue(n, kind, b)
		}
		if size < 0 {
			return errProtobuf
		}
		b = b[size:]
		if err := f(n, v, inner); err != nil {
			return err
		}
	}
	return nil
}

func text(b []byte, n protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
}

func number(b []byte, n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}

func message(b []byte, n protowire.Number, inner []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), inner)
}

// description is a SessionDescription in the request's field n.
func description(n protowire.Number, kind, sdp string, id uint64) []byte {
	return message(nil, n, number(text(text(nil, 1, kind), 2, sdp), 3, id))
}

func trickle(candidate string, t target) []byte {
	return message(nil, requestTrickle, number(text(nil, 1, candidate), 2, uint64(t)))
}

func ping(now time.Time) []byte {
	return message(nil, requestPing, number(nil, 1, uint64(now.UnixMilli())))
}

// addTrack is an AddTrackRequest for a camera of one layer, or a microphone without RED, which the publishers do not make.
func addTrack(id string, video bool) []byte {
	const (
		audioType, videoType  = 0, 1
		camera, microphone    = 1, 2
		width, height, bits   = 640, 480, 1_000_000
		fieldType, fieldRED   = 3, 13
		fieldSource, fieldLay = 8, 9
	)
	b := text(text(nil, 1, id), 2, id)
	if !video {
		b = number(number(number(b, fieldType, audioType), fieldSource, microphone), fieldRED, 1)
		return message(nil, requestAddTrack, b)
	}
	const high = 2 // VideoQuality, "for tracks with a single layer"
	layer := number(number(number(number(nil, 1, high), 2, width), 3, height), 4, bits)
	b = number(number(number(b, fieldType, videoType), 4, width), 5, height)
	b = message(number(b, fieldSource, camera), fieldLay, layer)
	return message(nil, requestAddTrack, b)
}

// accessToken is the JSON Web Token (RFC 7519, HS256) that lets identity into room.
func accessToken(key, secret, identity, room string, receives bool, now time.Time) (string, error) {
	type grant struct {
		RoomJoin     bool   `json:"roomJoin"`
		Room         string `json:"room"`
		CanPublish   bool   `json:"canPublish"`
		CanSubscribe bool   `json:"canSubscribe"`
	}
	claims, err := json.Marshal(map[string]any{
		"iss": key, "sub": identity, "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(),
		"video": grant{RoomJoin: true, Room: room, CanPublish: true, CanSubscribe: receives},
	})
	if err != nil {
		return "", err
	}
	enc := base64.RawURLEncoding
	signed := enc.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + enc.EncodeToString(claims)
	sum := hmac.New(sha256.New, []byte(secret))
	sum.Write([]byte(signed))
	return signed + "." + enc.EncodeToString(sum.Sum(nil)), nil
}
