package bot

import (
	"sync"

	"github.com/conclave-meet/conclave/e2e/bot/flat"
	"github.com/conclave-meet/conclave/shared/wire"
)

// layer is one simulcast layer as a bot films it.
type layer struct {
	rid           string
	width, height int
	share         float64 // of Config.Rate
}

// layers are what a stream is sent in: 4:3, so that the key frame of the largest is one packet.
func layers(s wire.Stream) []layer {
	switch s {
	case wire.Cam:
		return []layer{{"q", 240, 180, 1}, {"h", 480, 360, 2.5}, {"f", 960, 720, 7.5}}
	case wire.Screen:
		return []layer{{"q", 480, 360, 2.5}, {"f", 960, 720, 7.5}}
	}
	return []layer{{}}
}

// step is one frame of the temporal pattern.
type step struct {
	kind flat.Kind
	tid  uint8
	sync bool
}

// pattern is L1T3: a frame of the highest temporal layer between any two others. The second one is made from the middle
// layer, so a receiver cannot begin with it. A key frame begins the pattern anew, in place of its first frame.
var pattern = [4]step{{flat.Base, 0, false}, {flat.Leaf, 2, true}, {flat.Side, 1, true}, {flat.Second, 2, false}}

// image is a frame's bytes, made once for all bots.
func image(x layer, k flat.Kind) []byte {
	type key struct {
		rid    string
		height int
		kind   flat.Kind
	}
	id := key{x.rid, x.height, k}
	if b, ok := images.Load(id); ok {
		return b.([]byte)
	}
	b, _ := images.LoadOrStore(id, flat.Frame(x.width, x.height, k))
	return b.([]byte)
}

var images sync.Map
