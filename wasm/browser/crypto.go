//go:build js

package browser

import (
	"syscall/js"

	"github.com/conclave-meet/conclave/shared/e2ee/port"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// openCrypto starts the worker of a room. Whatever becomes of it: what is sent from now on goes through it, or not at all.
func (m *Media) openCrypto(open *port.Open) {
	m.closeCrypto()
	v, err := try(m.newWorker)
	if err != nil || !v.Truthy() {
		x := &sealer{w: m.w}
		m.setSealer(x)
		m.run(func() { m.failed(x, codeLoad) })
		return
	}
	var x *sealer
	x = m.w.newSealer(v,
		func(r port.Report) {
			m.run(func() {
				if x == m.sealer {
					m.emit(conf.CryptoReport{Report: r})
				}
			})
		},
		func(code string) { m.run(func() { m.failed(x, code) }) })
	m.setSealer(x)
	x.tell(open)
}

// failed says that a worker is of no more use. What goes through it stands still.
func (m *Media) failed(x *sealer, code string) {
	if x == m.sealer {
		m.emit(conf.CryptoFailed{Code: code})
	}
}

func (m *Media) closeCrypto() {
	if x := m.sealer; x != nil {
		m.setSealer(nil)
		x.close()
	}
}

// setSealer changes who seals. A peer connection that was made with another one, or with none, gets no track any more.
func (m *Media) setSealer(x *sealer) {
	m.sealer = x
	for s := range wire.Streams {
		m.flow(wire.Stream(s))
	}
}

func (m *Media) tellCrypto(c port.Command) {
	if m.sealer != nil {
		m.sealer.tell(c)
	}
}

// keyFrames has the encoders of my video begin anew, where the worker cannot do that itself (port.KeyFrame). Chromium
// takes the wish with the parameters (WebRTC Extensions, RTCSetParameterOptions); a browser that does not know it changes
// nothing, and its key frame comes when a receiver asks.
func (m *Media) keyFrames() {
	p := m.peer
	if p == nil {
		return
	}
	for _, s := range wire.Streams {
		if s.Kind() == wire.Video && m.own[s] != nil && m.flows[s] {
			p.shapes.do(func() (then func()) {
				_ = p.keyFrame(s) // the peer connection may have been closed
				return func() {}
			})
		}
	}
}

// keyFrame takes time. In the same task as getParameters: afterwards the browser takes them no more.
func (p *peer) keyFrame(s wire.Stream) error {
	params, err := try(func() js.Value { return p.parameters(s) })
	if err != nil {
		return err
	}
	wishes := array()
	for range params.Get("encodings").Length() {
		wishes.Call("push", object("keyFrame", true))
	}
	_, err = p.w.awaitFor(describeTime, func() js.Value {
		return p.senders[s].Get("sender").Call("setParameters", params, object("encodingOptions", wishes))
	})
	return err
}
