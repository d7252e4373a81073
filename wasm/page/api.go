//go:build js

package main

import (
	"encoding/json"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

const (
	// apiTime is how long the relay may take. Hashing a password takes it a second on a small machine, and there may be
	// a queue before it; longer than this nobody waits.
	apiTime = 15 * time.Second
	// codeUnreachable is what people are told when no answer came at all.
	codeUnreachable wire.Code = "net.ws"
)

// call calls the relay's HTTP interface, and waits. A password is in its request and nowhere else.
func (p *page) call(e conf.CallAPI) conf.APIResult {
	method, body := request(e)
	status, text, err := p.w.Fetch(method, "/_/api/"+e.Op, body, apiTime)
	if err != nil {
		return conf.APIResult{Op: e.Op, Err: wire.Refuse(codeUnreachable)}
	}
	return result(e.Op, status, text)
}

// request makes the HTTP request of a call: method and JSON body, nil for none. The relay takes no field that it does
// not know.
func request(e conf.CallAPI) (method string, body []byte) {
	type secrets struct {
		Token    string `json:"token,omitempty"`
		Name     string `json:"name,omitempty"`
		Password string `json:"password,omitempty"`
	}
	switch e.Op {
	case "session":
		return "GET", nil
	case "signin":
		body, _ = json.Marshal(secrets{Name: e.Name, Password: e.Secret})
	case "enrol":
		body, _ = json.Marshal(secrets{Token: e.Token, Name: e.Name, Password: e.Secret})
	default:
		body = []byte("{}")
	}
	return "POST", body
}

// result reads the relay's answer to a call.
func result(op string, status int, text []byte) conf.APIResult {
	var r struct {
		Name   string `json:"name"`
		Ticket string `json:"ticket"`
		wire.Error
	}
	err := json.Unmarshal(text, &r)
	switch {
	case err != nil || status >= 300 && r.Code == "":
		// Not the relay's words: a proxy between, or a fault.
		return conf.APIResult{Op: op, Err: wire.Refuse(wire.CodeInternal)}
	case status >= 300:
		return conf.APIResult{Op: op, Err: &r.Error}
	}
	return conf.APIResult{Op: op, Name: r.Name, Ticket: r.Ticket}
}
