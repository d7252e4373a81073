// Package stamp has the kernel say when packets came to a UDP socket. Who measures a relay on a busy machine needs it: by
// the time at which a program got to read a packet, the machine would look like a queue in the network. The relay itself
// has no use for it.
//
//	err := stamp.Ask(conn)
//	n, c, _, from, err := conn.ReadMsgUDPAddrPort(b, control[:]) // control: [stamp.Size]byte
//	at := stamp.Came(control[:c])
//
// Where the system cannot, packets came when they were read.
package stamp

import "time"

// Size is the room for control messages that a read needs, in bytes: one time stamp, and some.
const Size = 64

// Came is when the packet came to this host that was read with a control message, and now where that does not say it.
func Came(control []byte) time.Time {
	if at, ok := parse(control); ok {
		return at
	}
	return time.Now()
}
