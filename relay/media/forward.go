package media

import (
	"github.com/conclave-meet/conclave/relay/media/red"
	"github.com/conclave-meet/conclave/relay/media/rewrite"
	"github.com/conclave-meet/conclave/shared/wire"
)

// forward makes the slot's packet of p in buf, encrypted, and returns its size; 0 when none is to be sent now. The payload
// of p must not lie in buf. It runs in the reader of p's session.
func (sl *slot) forward(p *inbound, buf *buffer) int {
	k := sl.s.keys.Load()
	if k == nil {
		return 0 // not connected yet: nothing may begin
	}
	n, x := sl.prepare(k, p, buf)
	if x.sl != nil && !sl.s.enqueue(x) {
		sl.dropQueued()
	}
	return n
}

// prepare is forward for a session with keys. x has a slot if the packet is to be sent later.
func (sl *slot) prepare(k *keys, p *inbound, buf *buffer) (n int, x late) {
	c := sl.s.terms.of(sl.kind, p.codec)
	sl.mu.Lock()
	defer sl.mu.Unlock()
	if sl.from != p.layer.src || c.PT == 0 {
		return 0, x // it was replaced while the packet was on its way, or the receiver cannot play it
	}
	o, last, verdict := sl.nextLocked(p)
	h := head{pt: c.PT, marker: p.marker || last, seq: o.Seq, ts: o.TS, ssrc: sl.ssrc, csrc: p.layer.src.id.CSRC()}
	h.transportID = sl.s.terms.transport
	switch verdict {
	case rewrite.Skip:
		return 0, x
	case rewrite.Pad:
		sl.s.count.inc(Pads)
		h.padded, h.marker = true, false
		n = h.put(buf[:])
		buf[n] = 1 // one byte of padding, this one
		return sl.sealLocked(k, &h, buf, n+1, p.at), x
	}
	if !sl.mayGoLocked(len(p.data), p.at) {
		return 0, late{
			sl: sl, from: feed{p.layer, p.codec}, ext: p.in.Seq, seq: o.Seq, last: h.marker, at: p.at, size: len(p.data),
		}
	}
	if p.level >= 0 {
		h.levelID, h.level = sl.s.terms.level, uint8(p.level)
	}
	if p.dd != nil && sl.s.terms.dependency != 0 {
		h.ddID, h.dd, h.frame = sl.s.terms.dependency, p.dd, o.Frame
	}
	if sl.redundantLocked(p) {
		h.pt = sl.s.terms.red.PT
		sl.s.count.inc(Redundant)
		n = h.put(buf[:])
		n += len(red.Append(buf[n:n], c.PT, p.earlier, p.data, redLimit))
		return sl.sealLocked(k, &h, buf, n, p.at), x
	}
	n = h.put(buf[:])
	n += p.info.Rewrite(buf[n:], p.data, o.Counters)
	return sl.sealLocked(k, &h, buf, n, p.at), x
}

// nextLocked finds out what becomes of p: its numbers, and whether it ends a picture.
func (sl *slot) nextLocked(p *inbound) (o rewrite.Out, last bool, v rewrite.Verdict) {
	f, in := feed{p.layer, p.codec}, p.in
	if f.layer == sl.goal.layer {
		sl.stream.Switch(f) // the codec may be another one than when the layer became the goal
	}
	flows := f == sl.flow
	if flows && sl.kind == wire.Video && !in.Empty {
		most := sl.goal.most
		if f.layer != sl.goal.layer {
			most = sl.most
		}
		var pass bool
		pass, last = sl.filter.Take(&p.info, in.TS, most)
		if !pass {
			in.Drop = true
			sl.s.count.inc(DropLayer)
		}
	}
	if p.silent {
		in.Drop = true
		sl.s.count.inc(DropSilence)
	}
	o, v = sl.stream.Next(f, p.at, in, p.newest)
	if cur, ok := sl.stream.Current(); !flows && ok && cur == f {
		sl.flow = f
		sl.loss.from = p.in.Seq + redDepth
		sl.filter.Begin(&p.info, in.TS, sl.goal.most)
		sl.s.count.inc(LayerSwitches)
	}
	if sl.kind == wire.Video && (p.in.Start || sl.waiting.Load() == nil) {
		sl.waitLocked()
	}
	return o, last, v
}
