// Package call holds the integration tests of a meeting: relay, signalling and media as they are, participants as native
// bots, nothing faked. They read as what people do:
//
//	call := newCall(t)
//	ann, bob := call.host("ann"), call.join("bob")
//	ann.sees(bob)
package call
