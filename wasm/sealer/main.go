//go:build js && wasm

// Sealer is the program of the page's encryption worker: it seals the frames of the encoders and opens those of the
// decoders. It holds the keys; the page never sees them. [github.com/conclave-meet/conclave/shared/e2ee] does the work,
// this program is its border to JavaScript.
//
// The border is made of numbers and of two fixed buffers in linear memory, because a call through syscall/js costs ten
// times as much. JavaScript writes into the input buffer, calls an export, and reads the output buffer:
//
//	input() i32, output() i32, capacity() i32      addresses and size of the buffers, constant
//	maxFrame() i32                                 bytes of the longest frame that seal takes, constant
//	setSender(kid) i32                             the input's first 32 bytes are the base key, and are wiped; the key is
//	                                               that of all streams, whichever kid names
//	setReceiver(kid) i32                           likewise
//	stopSending() i32                              drops the key of our own
//	forgetMember(index) i32                        drops all keys of a member that left
//	seal(stream, codec, key, n) i32                input[:n] is a frame -> output[:result] is its envelope
//	open(kind, n) i32                              input[:n] is an envelope -> output[:result] is its frame
//	sender() i32                                   the key identifier of the last frame that open opened
//
// kid is senderkey's identifier; streams are 0 microphone, 1 camera, 2 screen, 3 screen sound; codecs 1 Opus, 2 VP8,
// 3 VP9, 4 AV1; key is 1 for a key frame, 0 otherwise; kinds are 1 for sound and 2 for video. Negative results are the
// codes below: the frame must be dropped, never passed on.
//
// For the JavaScript side: the first call may come when go.run() has returned its promise. View the buffers anew for
// each call (growing memory detaches old views) and drop frames when go.exited is true; then a new worker is due. No
// export blocks, waits or panics.
package main

// Results of the exports; 0 is success where nothing is counted.
const (
	codeOK        = 0
	codeArgument  = -1  // a number out of its range, or a frame longer than the buffer
	codeMalformed = -2  // not a frame of this codec, or not an envelope
	codeNoKey     = -3  // no key for this stream, or none that the frame names
	codeKind      = -4  // sound on a video stream, or the other way round
	codeReplay    = -5  // opened before, or too old to tell
	codeAuthentic = -6  // changed on the way, or sealed with another key
	codeExhausted = -7  // the stream's key has sealed all it may
	codeKeyReused = -8  // setSender or setReceiver was given a key that is not after the one before
	codeFull      = -9  // more keys than any room needs
	codeInternal  = -99 // a defect in this program; the frame is lost, the program goes on
)

// The exports are called by JavaScript for as long as the worker lives.
func main() { select {} }
