//go:build js && wasm

//lint:file-ignore U1000 staticcheck does not know that go:wasmexport makes a function one that is called.

package main

import (
	"errors"
	"math"
	"unsafe"

	"github.com/conclave-meet/conclave/shared/e2ee"
	"github.com/conclave-meet/conclave/shared/e2ee/envelope"
	"github.com/conclave-meet/conclave/shared/e2ee/opus"
	"github.com/conclave-meet/conclave/shared/e2ee/seat"
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
	self    = newMember()
	named   sframe.KeyID                   // by the last envelope that could be read
	sound   [senderkey.Streams]opus.Padder // of our own streams
)

//go:wasmexport input
func input() int32 { return int32(uintptr(unsafe.Pointer(&in))) }

//go:wasmexport output
func output() int32 { return int32(uintptr(unsafe.Pointer(&out))) }

//go:wasmexport capacity
func capacity() int32 { return bufferSize }

//go:wasmexport maxFrame
func maxFrame() int32 { return longest }

//go:wasmexport seal
func seal(stream, codec, key, n int32) (code int32) {
	defer counted(&code)
	defer caught(&code)
	if stream < 0 || stream >= senderkey.Streams || codec < 0 || codec > math.MaxUint8 || key < 0 || key > 1 || n < 0 || n > longest {
		return codeArgument
	}
	what := e2ee.Frame{Stream: senderkey.Stream(stream), Codec: envelope.Codec(codec), Key: key == 1}
	if what.Codec == envelope.Opus {
		n = int32(sound[stream].Pad(in[:longest], int(n)))
	}
	sealed, err := self.Seal(out[:0], what, in[:n])
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
func open(kind, source, n int32) (code int32) {
	defer counted(&code)
	defer caught(&code)
	if kind != kindAudio && kind != kindVideo || n < 0 || n > bufferSize {
		return codeArgument
	}
	claimed, err := e2ee.Claimed(in[:n])
	if err != nil {
		return codeOf(err)
	}
	named, _ = claimed.KID()
	if int32(named>>8) != source { // below it are generation and step
		return codeSource
	}
	frame, _, err := self.Unseal(out[:0], kind == kindAudio, in[:n])
	if err != nil {
		return codeOf(err)
	}
	return int32(len(frame))
}

//go:wasmexport sender
func sender() int32 { return int32(named) }

//go:wasmexport drop
func drop(reason int32) { counted(&reason) }

//go:wasmexport tick
func tick(now float64) {
	var code int32
	defer caught(&code)
	self.tick(now)
}

//go:wasmexport command
func command(n int32) (code int32) {
	defer caught(&code)
	if n < 0 || n > bufferSize {
		return codeArgument
	}
	defer clear(in[:n]) // there may be a passphrase in it
	return codeOf(self.command(in[:n]))
}

//go:wasmexport report
func report() (code int32) {
	defer caught(&code)
	written := self.report(out[:0])
	if len(written) > bufferSize { // a room of 100 takes 150 kB; it is not in the buffer then
		return codeInternal
	}
	return int32(len(written))
}

//go:wasmexport deadline
func deadline() float64 {
	var code int32
	defer caught(&code)
	return self.deadline()
}

//go:wasmexport derive
func derive(n int32) (code int32) {
	defer caught(&code)
	if n < 0 || n > bufferSize {
		return codeArgument
	}
	defer clear(in[:n])
	prs, err := secretOf(in[:n])
	if err != nil {
		return codeOf(err)
	}
	copy(out[:], prs[:])
	return codeOK
}

// caught turns a panic into codeInternal. Without it a panic would end the Go run time while JavaScript goes on calling
// a dead instance.
func caught(code *int32) {
	if recover() != nil {
		*code = codeInternal
	}
}

// counted counts a frame that is dropped for a reason.
func counted(code *int32) {
	if *code < 0 && *code >= math.MinInt8 {
		self.Drop(int8(*code))
	}
}

// codes are the results that stand for errors.
var codes = map[error]int32{
	errMalformed:          codeMalformed,
	seat.ErrCommand:       codeMalformed,
	envelope.ErrMalformed: codeMalformed,
	sframe.ErrMalformed:   codeMalformed,
	envelope.ErrCodec:     codeArgument,
	e2ee.ErrNoKey:         codeNoKey,
	e2ee.ErrKind:          codeKind,
	e2ee.ErrPaused:        codePaused,
	sframe.ErrReplay:      codeReplay,
	sframe.ErrAuthentic:   codeAuthentic,
	sframe.ErrExhausted:   codeExhausted,
}

// codeOf is the result that stands for err; codeOK for none.
func codeOf(err error) int32 {
	if err == nil {
		return codeOK
	}
	for known, code := range codes {
		if errors.Is(err, known) {
			return code
		}
	}
	return codeInternal
}
