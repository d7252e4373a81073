//go:build js

package browser

import (
	"strings"
	"syscall/js"

	"github.com/conclave-meet/conclave/shared/wire"
)

// sent and received are what this page offers, best first: the first is what its senders use until the relay says
// otherwise. Fewer codecs make the descriptions smaller, and there are up to 54 slots: 25 of them are 49 kB of SDP so,
// 250 kB with everything that Chromium has; more let the relay choose better. Only the relay makes RED (RFC 2198), from
// what it has.
var (
	sent     = map[wire.Kind][]string{wire.Audio: {"opus"}, wire.Video: video}
	received = map[wire.Kind][]string{wire.Audio: {"opus", "red"}, wire.Video: video}

	video = []string{"VP8", "VP9", "AV1", "H264", "rtx"}

	// sealed are those whose frames can be encrypted (e2ee.md, 4.4): the relay cannot make RED of what it cannot read.
	sealed = map[wire.Kind][]string{wire.Audio: {"opus"}, wire.Video: {"VP8", "VP9", "AV1", "rtx"}}
)

// extensionUsed reports whether a header extension is offered on a sender or a slot. Browsers offer a dozen more, which nobody uses and which are a
// quarter of the description.
func extensionUsed(uri string, sends bool) bool {
	switch uri {
	case wire.ExtMid, wire.ExtTransport, wire.ExtLevel, wire.ExtDependency:
		return true
	case wire.ExtRid, wire.ExtRepairRid:
		return sends
	}
	return false
}

// prefer has a transceiver offer what we use. Browsers without these methods offer everything.
func prefer(t js.Value, kind wire.Kind, sends, encrypted bool) error {
	list := received
	switch {
	case encrypted:
		list = sealed
	case sends:
		list = sent
	}
	if t.Get("setCodecPreferences").Truthy() {
		if _, err := Call(t, "setCodecPreferences", preferences(kind, list[kind])); err != nil {
			return err
		}
	}
	if t.Get("getHeaderExtensionsToNegotiate").Truthy() {
		// It only saves bytes, and lets AV1 be received: a browser that refuses still gets VP8.
		_, _ = try(func() js.Value { return preferExtensions(t, sends) })
	}
	return nil
}

func preferExtensions(t js.Value, sends bool) js.Value {
	list := t.Call("getHeaderExtensionsToNegotiate")
	for i := range list.Length() {
		e := list.Index(i)
		switch used := extensionUsed(e.Get("uri").String(), sends); {
		case !used:
			e.Set("direction", "stopped")
		case e.Get("direction").String() == "stopped":
			e.Set("direction", "sendrecv")
		}
	}
	return t.Call("setHeaderExtensionsToNegotiate", list)
}

// preferences are the browser's capabilities for codecs of these names, in their order.
func preferences(kind wire.Kind, names []string) js.Value {
	list := array()
	all := js.Global().Get("RTCRtpReceiver").Call("getCapabilities", string(kind)).Get("codecs")
	for _, name := range names {
		for i := range all.Length() {
			c := all.Index(i)
			fmtp := ""
			if f := c.Get("sdpFmtpLine"); f.Type() == js.TypeString {
				fmtp = f.String()
			}
			if strings.EqualFold(codecName(c), name) && profileUsed(name, fmtp) {
				list.Call("push", c)
			}
		}
	}
	return list
}
