package bot

import (
	"context"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// maxNotes bounds what Notes and Refusals return.
const maxNotes = 1000

// carry does what the state asks for. It runs on run's goroutine and must not wait: results are posted by others.
func (b *Bot) carry(x conf.Effect) {
	switch x := x.(type) {
	case conf.Connect:
		b.link.Open()
	case conf.Disconnect:
		b.link.Close()
	case conf.Send:
		b.link.Send(x.Message, x.N)
	case conf.MakeOffer:
		b.offers.Add(1)
		b.op(func(context.Context) { b.makeOffer(x) })
	case conf.SetAnswer:
		b.op(func(context.Context) { b.setAnswer(x.Answer) })
	case conf.ClosePeer:
		b.op(func(context.Context) {
			b.peer.close()
			b.peer = nil
		})
	case conf.Transmit:
		b.studio.flow(x.Stream, x.On)
	case conf.Encode:
		b.studio.encode(x.Encoding, b.codecs())
	case conf.CallAPI:
		b.wg.Go(func() { b.call(x) })
	case conf.Store:
		b.remember(x)
	case conf.Tell:
		b.mu.Lock()
		if len(b.notes) < maxNotes {
			b.notes = append(b.notes, x.Note)
		}
		b.mu.Unlock()
	case conf.Capture, conf.StartShare:
		b.wg.Go(func() { b.devices(x) })
	case conf.Bind, conf.Release, conf.SetSpeaker:
		// A synthetic device has no light to go out and no loudspeaker, and the recorder binds slots itself.
	default:
		b.carryCrypto(x)
	}
}

// carryCrypto does what concerns encryption.
func (b *Bot) carryCrypto(x conf.Effect) {
	switch x := x.(type) {
	case conf.OpenCrypto:
		b.openCrypto(x.Open)
	case conf.TellCrypto:
		b.tellCrypto(x.Command)
	case conf.CloseCrypto:
		b.closeCrypto()
	case conf.KeyFrame:
		for _, s := range wire.Streams {
			b.studio.needKeys(s)
		}
	}
}

func (b *Bot) op(f func(context.Context)) {
	select {
	case b.ops <- f:
	case <-b.ctx.Done():
	}
}

func (b *Bot) call(x conf.CallAPI) {
	r := conf.APIResult{Op: x.Op}
	if b.cfg.API != nil {
		r = b.cfg.API(b.ctx, x)
	}
	b.post(r)
}

func (b *Bot) remember(x conf.Store) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if x.Value == "" {
		delete(b.stored, x.Key)
	} else {
		b.stored[x.Key] = x.Value
	}
}

// devices answers as a browser with a synthetic camera, microphone and screen.
func (b *Bot) devices(x conf.Effect) {
	switch x := x.(type) {
	case conf.Capture:
		if x.Mic {
			b.captured(wire.Mic, b.cfg.NoMic)
		}
		if x.Cam {
			b.captured(wire.Cam, b.cfg.NoCam)
		}
	case conf.StartShare:
		b.post(conf.Shared{Audio: true})
	}
}

func (b *Bot) captured(s wire.Stream, none bool) {
	if none {
		b.post(conf.CaptureFailed{Stream: s, Why: conf.InputNone})
		return
	}
	b.post(conf.Captured{Stream: s, Device: "synthetic"})
}
