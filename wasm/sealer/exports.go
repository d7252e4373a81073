//go:build js && wasm

//lint:file-ignore U1000 staticcheck does not know that go:wasmexport makes a function one that is called.

package main

import (
	"errors"
	"math"
	"unsafe"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/senderkey"
	"github.com/conclave-meet/conclave/shared/e2ee/sframe"
)

// bufferSize is the size of each buffer in bytes. Less could not hold key frames of a shared 4K screen, which reach 1 MB,
// and the receivers would wait for one forever; more takes memory of every call (only pages that are used count).
const bufferSize = 2 << 20

// longest is the size of the longest frame whose envelope fits the buffers, here and at the receivers.
const longest = bufferSize - e2ee.MaxOverhead

// The program's state. Variables, not fields: exports are functions, and the buffers must never move. JavaScript calls
// one export at a time.
var (
	in, out [bufferSize]byte
	frames  e2ee.Frames
	opened  sframe.KeyID
)

//go:wasmexport input
func input() int32 { return int32(uintptr(unsafe.Pointer(&in))) }

//go:wasmexport output
func output() int32 { return int32(uintptr(unsafe.Pointer(&out))) }

//go:wasmexport capacity
func capacity() int32 { return bufferSize }

//go:wasmexport maxFrame
func maxFrame() int32 { return longest }

//go:wasmexport setSender
func setSender(kid int32) (code int32) {
	defer caught(&code)
	return setKey(kid, frames.SetSender)
}

//go:wasmexport setReceiver
func setReceiver(kid int32) (code int32) {
	defer caught(&code)
	return setKey(kid, func(index uint16, key senderkey.Key) error {
		return frames.SetReceiver(0, index, key) // old keys end by being replaced: nothing here calls frames.Tick
	})
}

// setKey hands the base key that lies in the input to set, and wipes it.
func setKey(kid int32, set func(uint16, senderkey.Key) error) int32 {
	base := in[:senderkey.BaseSize]
	defer clear(base)
	id, ok := identifier(kid)
	if !ok {
		return codeArgument
	}
	return codeOf(set(id.Index, senderkey.Key{Generation: uint32(id.Generation), Step: id.Step, Base: [senderkey.BaseSize]byte(base)}))
}

//go:wasmexport stopSending
func stopSending() (code int32) {
	defer caught(&code)
	frames.StopSending()
	return codeOK
}

//go:wasmexport forgetMember
func forgetMember(index int32) (code int32) {
	defer caught(&code)
	if index < 0 || index > math.MaxUint16 {
		return codeArgument
	}
	frames.Forget(uint16(index))
	return codeOK
}

//go:wasmexport seal
func seal(stream, codec, key, n int32) (code int32) {
	defer caught(&code)
	if stream < 0 || stream >= senderkey.Streams || codec < 0 || codec > math.MaxUint8 || key < 0 || key > 1 || n < 0 || n > longest {
		return codeArgument
	}
	what := e2ee.Frame{Stream: senderkey.Stream(stream), Codec: envelope.Codec(codec), Key: key == 1}
	sealed, err := frames.Seal(out[:0], what, in[:n])
	if err != nil {
		return codeOf(err)
	}
	return int32(len(sealed))
}

// Kinds of transceivers. 0 is none, so that a forgotten argument is refused.
const (
	kindAudio = 1
	kindVideo = 2
)

//go:wasmexport open
func open(kind, n int32) (code int32) {
	defer caught(&code)
	if kind != kindAudio && kind != kindVideo || n < 0 || n > bufferSize {
		return codeArgument
	}
	frame, id, err := frames.Open(out[:0], kind == kindAudio, in[:n])
	if err != nil {
		return codeOf(err)
	}
	opened, _ = id.KID()
	return int32(len(frame))
}

//go:wasmexport sender
func sender() int32 { return int32(opened) }

func identifier(kid int32) (senderkey.ID, bool) {
	if kid < 0 {
		return senderkey.ID{}, false
	}
	return senderkey.Parse(sframe.KeyID(kid))
}

// caught turns a panic into codeInternal. Without it a panic would end the Go run time while JavaScript goes on calling
// a dead instance.
func caught(code *int32) {
	if recover() != nil {
		*code = codeInternal
	}
}

// codeOf is the result that stands for err; codeOK for none.
func codeOf(err error) int32 {
	switch {
	case err == nil:
		return codeOK
	case errors.Is(err, envelope.ErrCodec), errors.Is(err, sframe.ErrKey):
		return codeArgument
	case errors.Is(err, envelope.ErrMalformed), errors.Is(err, sframe.ErrMalformed):
		return codeMalformed
	case errors.Is(err, e2ee.ErrNoKey):
		return codeNoKey
	case errors.Is(err, e2ee.ErrKind):
		return codeKind
	case errors.Is(err, sframe.ErrReplay):
		return codeReplay
	case errors.Is(err, sframe.ErrAuthentic):
		return codeAuthentic
	case errors.Is(err, sframe.ErrExhausted):
		return codeExhausted
	case errors.Is(err, e2ee.ErrKeyReused), errors.Is(err, e2ee.ErrOrder):
		return codeKeyReused
	case errors.Is(err, e2ee.ErrFull):
		return codeFull
	}
	return codeInternal
}
