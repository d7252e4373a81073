//go:build js

package main

import (
	"encoding/json"
	"syscall/js"

	"github.com/conclave-meet/conclave/shared/roomname"
	"github.com/conclave-meet/conclave/wasm/browser"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// abi is the version of the border with the site.
const abi = 1

// ports is what the site gave us. What the site throws is its own fault and does not end the call: it goes to the
// console.
type ports struct{ v js.Value }

func findPorts() ports {
	v := js.Global().Get("conclavePorts")
	if !v.Truthy() {
		panic("globalThis.conclavePorts is not set")
	}
	return ports{v}
}

func (p ports) ready(raw js.Value)    { p.call("ready", raw) }
func (p ports) deliver(json []byte)   { p.call("deliver", string(json)) }
func (p ports) set(key, value string) { p.call("set", key, value) }
func (p ports) fatal(text string)     { p.call("fatal", text) }

// worker starts an encryption worker. What the site throws is the caller's.
func (p ports) worker() js.Value { return p.v.Call("worker") }

func (p ports) call(name string, args ...any) {
	if _, err := browser.Call(p.v, name, args...); err != nil {
		js.Global().Get("console").Call("error", "conclavePorts."+name+": "+err.Error())
	}
}

func (p ports) note(n conf.Note) {
	b, err := json.Marshal(n)
	if err != nil {
		panic(err) // plain data
	}
	p.call("note", string(b))
}

// stored is what the browser remembers. What cannot be read is as good as nothing.
func (p ports) stored() map[string]string {
	m := map[string]string{}
	if json.Unmarshal([]byte(p.v.Call("stored").String()), &m) != nil {
		return map[string]string{}
	}
	return m
}

// raw makes what the site calls. Its Funcs live as long as the core.
func (p *page) raw() js.Value {
	names := conf.Commands()
	o := js.Global().Get("Object").New()
	o.Set("abi", abi)
	method := func(name string, f func(arg string) any) {
		o.Set(name, p.w.Func(func(args []js.Value) any {
			arg := ""
			if len(args) > 0 && args[0].Type() == js.TypeString {
				arg = args[0].String()
			}
			return f(arg)
		}))
	}
	method("dispatch", func(text string) any {
		e, code := command(names, text)
		if code == "" {
			p.post(e)
		}
		return code
	})
	method("viewport", func(text string) any {
		if e, ok := viewport(text); ok {
			p.post(e)
		}
		return nil
	})
	method("stream", func(id string) any { return p.media.Streams.Get(id) })
	method("strength", func(name string) any { return text(conf.StrengthOf(name)) })
	method("parse", func(name string) any { return text(parsed(name)) })
	method("suggest", func(string) any { return suggest() })
	method("passphrase", func(string) any { return p.passphrase() })
	method("passphraseStrength", func(phrase string) any { return text(conf.PassphraseStrength(phrase)) })
	method("suggestPassphrase", func(string) any { return suggestPassphrase() })
	method("micLevel", func(string) any { return p.media.Level.Now() })
	return o
}

func suggest() string {
	name, err := roomname.Suggest(browser.Random{})
	if err != nil {
		panic(err) // Random never fails
	}
	return name.Text()
}

func suggestPassphrase() string {
	phrase, err := roomname.SuggestPassphrase(browser.Random{})
	if err != nil {
		panic(err) // Random never fails
	}
	return phrase
}

// text is v as JSON.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data
	}
	return string(b)
}
