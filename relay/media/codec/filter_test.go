package codec

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/pion/rtp/codecs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// frame is one of a capture, as a decoder sees it.
type frame struct {
	info  Info
	ts    uint32
	needs []int // indices of the frames that it is predicted from, as far as the capture shows them
	first int   // packet
}

// run is a part of a capture without holes that begins with a key frame.
type run struct {
	name   string
	list   []packet
	read   []Info
	of     []int // packet to frame
	frames []frame
}

// runs takes a capture apart. It finds references in its own way: by picture ids and distances as pion reads them (VP9),
// by frame numbers (AV1), or by layers (VP8: RFC 7741, section 4.2, on TID and Y).
func runs(t testing.TB, name string) (all []run) {
	list, read := infos(t, name)
	for n := range list {
		if n == 0 || n > 110 && read[n].Opens() {
			end := min(110, len(list))
			if n > 0 {
				end = len(list)
			}
			all = append(all, analyse(t, name, list[n:end], read[n:end]))
			if n > 0 {
				break
			}
		}
	}
	require.Len(t, all, 2, name)
	return all
}

func analyse(t testing.TB, name string, list []packet, read []Info) run {
	x := run{name: name, list: list, read: read}
	for n := range list {
		last := len(x.frames) - 1
		if last < 0 || x.frames[last].ts != list[n].ts || x.frames[last].info.Spatial != read[n].Spatial {
			f := frame{info: read[n], ts: list[n].ts, first: n}
			f.needs = x.references(t, n)
			x.frames = append(x.frames, f)
			last++
		}
		x.of = append(x.of, last)
	}
	return x
}

func (x *run) references(t testing.TB, n int) (needs []int) {
	i := &x.read[n]
	find := func(is func(f *frame) bool) {
		for k := len(x.frames) - 1; k >= 0; k-- {
			if is(&x.frames[k]) {
				needs = append(needs, k)
				return
			}
		}
	}
	switch i.Kind {
	case AV1:
		for d := range uint16(64) {
			if i.targets.refs.near>>d&1 == 1 {
				find(func(f *frame) bool { return f.info.Frame == i.Frame-d-1 })
			}
		}
	case VP9:
		var p codecs.VP9Packet
		_, err := p.Unmarshal(x.list[n].payload)
		require.NoError(t, err)
		for _, d := range p.PDiff {
			find(func(f *frame) bool {
				return f.info.Spatial == i.Spatial && f.info.Picture == (i.Picture-uint16(d))&0x7fff
			})
		}
		if p.D {
			find(func(f *frame) bool { return f.info.Spatial == i.Spatial-1 && f.info.Picture == i.Picture })
		}
	case VP8:
		if i.Key {
			return nil
		}
		for layer := range i.Temporal + 1 {
			if layer == 0 || !i.Sync {
				find(func(f *frame) bool { return f.info.Temporal == layer })
			}
		}
	}
	return needs
}

// watcher checks what a filter lets pass.
type watcher struct {
	t       *testing.T
	x       *run
	f       Filter
	decided map[int]bool // by frame
	came    []bool       // by packet
}

func (w *watcher) take(n int, want Point) (pass, last bool) {
	p, i := &w.x.list[n], &w.x.read[n]
	if !w.f.begun {
		require.True(w.t, i.Opens())
		w.f.Begin(i, p.ts, want)
	}
	pass, last = w.f.Take(i, p.ts, want)
	k := w.x.of[n]
	if was, known := w.decided[k]; known {
		require.Equal(w.t, was, pass, "%s: packet %d: a frame passes whole or not at all", w.x.name, n)
	}
	w.decided[k] = pass
	w.came[n] = true
	return pass, last
}

// check looks for frames that passed without what they need.
func (w *watcher) check() {
	for k, pass := range w.decided {
		for _, need := range w.x.frames[k].needs {
			passed, known := w.decided[need]
			require.False(w.t, pass && known && !passed, "%s: frame %d passed, but not %d which it needs", w.x.name, k, need)
		}
	}
}

func watch(t *testing.T, x *run) *watcher {
	return &watcher{t: t, x: x, decided: map[int]bool{}, came: make([]bool, len(x.list))}
}

func TestWhoWantsEverythingGetsEverything(t *testing.T) {
	for _, name := range scalable {
		for _, x := range runs(t, name) {
			w := watch(t, &x)
			for n := range x.list {
				pass, last := w.take(n, Full)
				assert.True(t, pass, "%s: packet %d", name, n)
				assert.False(t, last && !x.list[n].marker, "%s: packet %d", name, n)
			}
		}
	}
}

func TestWhoWantsTheLeastGetsTheBaseLayer(t *testing.T) {
	for _, name := range scalable {
		for _, x := range runs(t, name) {
			w := watch(t, &x)
			for n, i := range x.read {
				pass, last := w.take(n, Point{})
				assert.Equal(t, i.Point() == Point{}, pass, "%s: packet %d", name, n)
				assert.Equal(t, pass && i.End, last, "%s: packet %d", name, n)
			}
			assert.Equal(t, Point{}, w.f.At())
		}
	}
}

func TestOnePictureHasOneMarker(t *testing.T) {
	for _, name := range []string{"av1-l3t3", "av1-l3t3key"} {
		for _, x := range runs(t, name) {
			for _, want := range []Point{{0, 0}, {1, 0}, {1, 2}, {2, 1}} {
				w := watch(t, &x)
				open := uint32(0) // timestamp of the picture that has no marker yet
				for n, p := range x.list {
					pass, last := w.take(n, want)
					if !pass {
						continue
					}
					if open != 0 {
						require.Equal(t, open, p.ts, "%s, %v: packet %d follows a picture that has no end", name, want, n)
					}
					open = p.ts
					if last || p.marker {
						open = 0
					}
				}
			}
		}
	}
}

// Over random wishes: frames pass whole, never without what they need, and the wish is fulfilled at a key frame.
func TestGoingUpAndDown(t *testing.T) {
	for _, name := range scalable {
		for _, x := range runs(t, name) {
			for seed := range uint64(20) {
				r := rand.New(rand.NewPCG(seed, 3))
				w, want := watch(t, &x), Point{}
				down := uint32(0)
				for n, p := range x.list {
					if r.IntN(12) == 0 {
						want = Point{uint8(r.IntN(3)), uint8(r.IntN(3))}
						down = p.ts
					}
					pass, _ := w.take(n, want)
					if pass && p.ts != down {
						require.True(t, x.read[n].Point().within(want), "%s, seed %d: packet %d", name, seed, n)
					}
					if x.read[n].Opens() && p.ts != down && x.read[n].Kind != VP9 {
						require.True(t, w.f.At().Temporal == want.Temporal, "%s, seed %d: packet %d", name, seed, n)
					}
				}
				w.check()
			}
		}
	}
}

// The same with packets that are lost and come again later, in another order.
func TestGoingUpAndDownUnderLoss(t *testing.T) {
	for _, name := range scalable {
		for _, x := range runs(t, name) {
			for seed := range uint64(20) {
				r := rand.New(rand.NewPCG(seed, 4))
				w, want := watch(t, &x), Point{2, 2}
				var late []int
				for n := range x.list {
					if r.IntN(20) == 0 {
						want = Point{uint8(r.IntN(3)), uint8(r.IntN(3))}
					}
					for len(late) > 0 && late[0] < n-10 {
						w.take(late[0], want)
						late = late[1:]
					}
					if n > 0 && r.IntN(8) == 0 {
						late = append(late, n)
						continue
					}
					w.take(n, want)
				}
				w.check()
			}
		}
	}
}

func TestTemporalLayersComeBackWithoutAKeyFrame(t *testing.T) {
	for _, name := range scalable {
		x := runs(t, name)[1]
		w := watch(t, &x)
		for n := range x.list {
			want := Point{2, 0}
			if n > 10 {
				want = Point{2, 2}
			}
			w.take(n, want)
			if x.read[n].Opens() && n > 10 {
				break
			}
		}
		assert.Equal(t, uint8(2), w.f.At().Temporal, name)
		w.check()
	}
}

// Chromium leaves out upper spatial layers while it has no bandwidth for them, and takes them in with a frame that needs
// only its own picture.
func TestSpatialLayersThatComeBackPassWithoutAKeyFrame(t *testing.T) {
	for _, name := range []string{"vp9-l3t3", "av1-l3t3"} {
		x := runs(t, name)[0]
		w := watch(t, &x)
		grown := false
		for n, i := range x.read {
			if n > 0 && i.Opens() {
				break
			}
			pass, _ := w.take(n, Point{2, 2})
			require.True(t, pass, "%s: packet %d", name, n)
			grown = grown || n > 0 && i.Spatial == 2
		}
		assert.True(t, grown, fmt.Sprintf("%s shows no layer that came back", name))
	}
}

func TestNothingPassesBeforeABeginning(t *testing.T) {
	var f Filter
	for _, k := range []Kind{None, VP8, H264} {
		pass, _ := f.Take(&Info{Kind: k}, 1, Full)
		assert.False(t, pass)
	}
}

func TestASenderThatBeginsAnewIsFollowed(t *testing.T) {
	for _, name := range scalable {
		x := runs(t, name)[0]
		w := watch(t, &x)
		for n := range x.list {
			w.take(n, Point{})
		}
		for n := range x.list[:20] {
			pass, _ := w.f.Take(&x.read[n], x.list[n].ts-1<<30, Full)
			assert.True(t, pass, "%s: packet %d", name, n)
		}
	}
}

// The first packet of a key frame says what the layers are. Until it comes again the others must not be lost.
func TestAKeyFrameWhoseFirstPacketComesLate(t *testing.T) {
	list := captured(t, "av1-l3t3key")[110:]
	require.Greater(t, len(list), 20)
	read := func(d *Dependencies, p packet) (i Info) {
		require.True(t, i.Parse(AV1, p.payload))
		require.True(t, d.Parse(p.descriptor, &i))
		return i
	}
	var d Dependencies
	first := 0
	for n, p := range list {
		if i := read(&d, p); i.Opens() {
			first = n
			break
		}
	}
	d = Dependencies{}
	var f Filter
	other := Info{Kind: AV1, Start: true, Key: true}
	f.Begin(&other, list[first].ts-3000, Full)
	for _, p := range list[first+1 : first+3] {
		i := read(&d, p)
		pass, _ := f.Take(&i, p.ts, Full)
		assert.True(t, pass)
	}
	i := read(&d, list[first])
	pass, _ := f.Take(&i, list[first].ts, Full)
	assert.True(t, pass)
	assert.True(t, i.Opens())
}
