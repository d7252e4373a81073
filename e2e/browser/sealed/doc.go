// Package sealed tests meetings that are encrypted end to end, in real browsers and through the relay that people run: who
// has the passphrase sees and hears the others, who has not sees and hears nothing, and neither does the relay.
//
// What the relay can read is seen from beside it: a [wiretap] is a member like any other, to whom the relay forwards what
// it forwards to all, but one without keys. What comes there is held against what went into the encryption and what came
// out of it at the sender, which a script in its worker writes down (testdata/tap.js). Each check is shown to fail on a
// meeting in clear.
//
// Its tests need the built site (make site).
package sealed
