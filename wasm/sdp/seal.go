package sdp

import "slices"

// sealable are the codecs that frames can be encrypted of (package envelope), by their names in package wire.
var sealable = []string{"opus", "VP8", "VP9", "AV1"}

// seal leaves no other codec on the m-lines that are used. Retransmissions go along with their codecs.
func (d *description) seal() {
	for i := range d.lines {
		l := &d.lines[i]
		if l.dead {
			continue
		}
		var kept []string
		for _, c := range l.codecs() {
			if !slices.Contains(sealable, c.Name) {
				continue
			}
			kept = append(kept, c.pts()...)
		}
		l.pts = kept
	}
}
