// Package port is what the page and its encryption worker say to each other: commands of the page, reports of the
// worker, both as bytes. The page's core and the worker's program are two instances of WebAssembly that share no
// memory; the worker's program has no encoding/json, and a message's buffer is handed over, not copied.
//
// # Messages between page and worker
//
// The page has one worker for each room that it enters with a passphrase. Every message is one of these:
//
//	page -> worker   ArrayBuffer                        one [Command], transferred
//	page -> worker   {t: 'slot', slot, source}          a receiver's slot (a number, see below) now is to carry source,
//	                                                    which is index<<3 | stream; -1: nothing may come out of it
//	worker -> page   ArrayBuffer                        one [Report], transferred
//	worker -> page   string                             the worker is of no more use; a code for people:
//	                                                    'crypto.load' its program cannot be had, 'crypto.worker' it ended
//
// The worker fetches its program itself and starts at once; messages that come before it runs wait, in order. After a
// string nothing else comes, and the page ends the worker. The page takes an error event or a messageerror event of the
// worker for 'crypto.worker'.
//
// # Transforms
//
//	sender.transform = new RTCRtpScriptTransform(worker, {op: 'seal', stream})         stream 0 … 3 as in senderkey
//	receiver.transform = new RTCRtpScriptTransform(worker, {op: 'open', audio, slot})  slot: never used twice in a worker
//
// A frame goes on only when seal or open returned a positive length, and an opened one only when sender()>>8 (the export:
// index<<3 | stream) is the source that its slot is to carry: what the relay says about who is in a slot decides what the
// page shows there, and the frame's key decides whether that is true (e2ee.md, 4.2). A slot of which nothing was said
// carries nothing. When a slot gets its source after frames of that source were dropped there, the worker asks for a key
// frame (RTCRtpScriptTransformer.sendKeyFrameRequest).
//
// # Inside the worker
//
// The program (wasm/sealer) exports, besides seal and open:
//
//	tick(now f64)            now: performance.now(), ms. Before each command, and when the deadline has come
//	command(n) i32           input[:n] is a Command; 0, or a negative code when it cannot be read
//	report() i32             writes the next Report to the output and returns its length; 0: there is none
//	deadline() f64           when tick is due, in the time of now; negative: nothing to wait for
//	derive(n) i32            input[:n] is a Command with a passphrase -> output[:32] is its PRS (Argon2id, 0.2 s)
//	drop(reason i32)         counts a frame that the worker itself did not pass on
//
// The worker calls report until it returns 0 after each command and tick. It then arms its timer by deadline, which is
// never more than a second away. Ending the worker is all that is needed to forget session and keys.
//
// Commands whose first byte has the bit [NeedsPRS] carry a passphrase. Bytes 1 to 32 of them are zero when they come
// from the page; the worker has the whole command derived in a throw-away instance of its program (Argon2id takes 19 MB,
// and WebAssembly's memory never shrinks), writes the 32 bytes there, and only then gives it to command. Everything that
// comes after it waits, but for [Adopt]: another member causes it, and must not hold up anybody's records. It is carried
// out when it is derived, among what comes then.
//
// # Encoding
//
// A message is its kind, u8, and its fields in the order of the struct. Numbers are big endian; texts (UTF-8) and byte
// strings have their length before them, u32; lists have their number of elements before them, u32; a bool is 0 or 1.
// Every message has exactly one encoding: what has another bool, an unknown kind, a text that is not UTF-8, an end too
// early or anything after its end is refused with [ErrMalformed].
//
// # Who may call what
//
// Everything here is pure and may be called from anywhere. Decoded messages share no memory with the bytes.
package port
