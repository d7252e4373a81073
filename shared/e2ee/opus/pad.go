// Package opus makes packets of sound longer without changing what they decode to: by the padding that RFC 6716, section
// 3.2.5, has in the format. Opus needs fewer bytes for a pause than for a word, and the sizes of what cannot be decrypted
// tell who says what (RFC 6562).
//
// A constant bit rate would be better, and is asked for (package sdp); but Firefox 153 pays no heed to it (seen), and
// nobody can tell what the next browser does. Where there is one this package changes nothing.
//
// Padding is the sender's business alone: decoders know it, receivers and the envelope need not.
package opus

// Sizes of packets, in bytes.
const (
	// Least is what every packet has: what Chromium makes of 20 ms at 32 kbit/s and a constant bit rate, so that nothing
	// is added there.
	Least = 80
	// step is between the sizes. Less tells more of the loudest moments, more takes more of the line: 16 kbit/s each.
	step = 40
	// most is the longest packet that is padded: twice what one frame can take (RFC 6716, section 3.2.1). No encoder of a
	// call makes longer ones; following them would make all packets after one as long.
	most = 2 * 1275
)

// The low bits of a packet's first byte: how many frames there are (RFC 6716, section 3.1).
const (
	frames   = 0x03
	oneFrame = 0
	twoEqual = 1
	two      = 2
	counted  = 3 // a second byte says it
)

// The second byte of a packet of counted frames (section 3.2.5).
const (
	variable = 0x80 // sizes differ and are told
	padded   = 0x40
)

// Padder pads the packets of one stream. The zero value is ready. Sizes only grow: all packets are as long as the longest
// one was, up to the next step, so that after the first loud seconds all are of one size.
type Padder struct{ size int }

// Pad makes the packet in buf[:n] longer, in its place, and returns its new size. It leaves alone what has the size
// already, what is longer than any call's, what is padded already and what is no packet; and everything where buf has no
// room.
func (p *Padder) Pad(buf []byte, n int) int {
	if n <= 0 || n > most {
		return n
	}
	p.size = max(p.size, Least, (n+step-1)/step*step)
	if n == p.size || len(buf) < p.size {
		return n
	}
	return pad(buf[:p.size], n)
}

// pad makes the packet in b[:n] fill b. The bytes behind the first one stay as they are, behind a second byte that says
// how many frames there are and the size of the padding; this lies at the end.
func pad(b []byte, n int) int {
	at, second := 1, byte(0) // where the packet goes on, and its second byte
	switch b[0] & frames {
	case oneFrame:
		second = 1
	case twoEqual:
		second = 2
	case two:
		second = variable | 2
	case counted:
		if n < 2 || b[1]&padded != 0 {
			return n
		}
		at, second = 2, b[1]
	}
	rest := len(b) - 2 - (n - at) // bytes of padding, those that tell its size included
	if rest < 0 {
		return n
	}
	told := 0
	if rest > 0 {
		second |= padded
		told = (rest-1)/255 + 1
	}
	copy(b[2+told:], b[at:n])
	clear(b[2+told+n-at:])
	b[0] |= counted
	b[1] = second
	for i := range told {
		b[2+i] = 255 // of which 254 are padding
	}
	if told > 0 {
		b[1+told] = byte((rest - 1) % 255)
	}
	return len(b)
}
