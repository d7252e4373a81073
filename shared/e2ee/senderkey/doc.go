// Package senderkey is which key a frame is sealed with, who is given it and how long it opens frames (e2ee.md, 4.2 to
// 4.5 and 8).
//
//	KID = index<<11 | stream<<8 | generation<<4 | step
//
// A member has one base key per generation and step. Its streams share it: SFrame derives from base key and KID, so
// that no two streams ever share a key. A generation starts with a random base key; each step ratchets it.
//
//	somebody comes   the next step, told to the newcomer only; the others derive it when they see it in a frame
//	somebody leaves  the next generation, told to everybody who is left, used when they have it or 1.5 s later
//
// [Rotation] decides that for a member's own keys. [Ring] holds the keys of the others and opens their frames. Both are
// pure: time comes from the caller, as a duration since the start of its session that never goes back, and randomness
// from a reader. Neither is safe for several goroutines.
package senderkey
