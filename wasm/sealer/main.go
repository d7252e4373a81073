//go:build js && wasm

// Sealer is the program of the page's encryption worker: it is one member's session with the others of a room, and seals
// the frames of the encoders and opens those for the decoders. It holds the keys; the page never sees them.
// [github.com/conclave-meet/conclave/shared/e2ee] does the work, this program is its border to JavaScript.
//
// The border is made of numbers and of two fixed buffers in linear memory, because a call through syscall/js costs ten
// times as much. JavaScript writes into the input buffer, calls an export, and reads the output buffer:
//
//	input() i32, output() i32, capacity() i32      addresses and size of the buffers, constant
//	maxFrame() i32                                 bytes of the longest frame that seal takes, constant
//	seal(stream, codec, key, n) i32                input[:n] is a frame -> output[:result] is its envelope
//	open(kind, source, n) i32                      input[:n] is an envelope -> output[:result] is its frame
//	sender() i32                                   the key identifier that the last envelope named which open could read
//	drop(reason)                                   counts a frame that the worker itself did not pass on
//	tick(now f64)                                  the time, in ms since any moment; before each command, and when due
//	command(n) i32                                 input[:n] is a port.Command
//	report() i32                                   output[:result] is the next port.Report; 0: there is none
//	deadline() f64                                 when tick is due, in its time; negative: there is no session
//	derive(n) i32                                  input[:n] is a port.Command with a passphrase -> output[:32] is its PRS
//
// report is asked after each command and tick until there is none. derive takes 0.2 s and 19 MB: it is called in an
// instance of the program that is then thrown away, and what it returned is written to bytes 1 to 32 of the command.
//
// Packets of sound are padded before they are sealed (package opus), so that their sizes tell nothing.
//
// source is whose frames are wanted, index<<3 | stream; -1: nobody's. What names another is refused before any key is worked
// with (codeSource), so that whoever forges frames has us do no more than read them. Where open opened a frame, sender is
// proved, and is of that source; otherwise it is what somebody wrote.
//
// Streams are 0 microphone, 1 camera, 2 screen, 3 screen sound; codecs 1 Opus, 2 VP8, 3 VP9, 4 AV1; key is 1 for a key
// frame, 0 otherwise; kinds are 1 for sound and 2 for video; the key identifier is senderkey's. Negative results are the
// codes below: the frame must be dropped, never passed on. All drops are counted and reported by their codes.
//
// For the JavaScript side: the first call may come when go.run() has returned its promise. View the buffers anew for
// each call (growing memory detaches old views) and drop frames when go.exited is true; then a new worker is due. No
// export blocks, waits or panics.
package main

// Results of the exports; 0 is success where nothing is counted.
const (
	codeOK        = 0
	codeArgument  = -1  // a number out of its range, or a frame longer than the buffer
	codeMalformed = -2  // not a frame of this codec, not an envelope, or not a command
	codeNoKey     = -3  // no session, or no key that the frame names
	codeKind      = -4  // sound on a video stream, or the other way round
	codeReplay    = -5  // opened before, or too old to tell; browsers do that themselves with what was sent twice
	codeAuthentic = -6  // changed on the way, or sealed with another key
	codeExhausted = -7  // the stream's key has sealed all it may
	codePaused    = -8  // nothing may be sent now
	codeSource    = -22 // from another member or stream than is wanted
	codeInternal  = -99 // a defect in this program; the frame or the command is lost, the program goes on

	// The worker's own, which it hands to drop: -20, a codec that cannot be sealed; -21, a frame longer than the buffer.
)

// The exports are called by JavaScript for as long as the worker lives.
func main() { select {} }
