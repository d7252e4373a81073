//go:build js

package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/roomname"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/browser"
	"github.com/conclave-meet/conclave/wasm/conf"
)

func TestCommand(t *testing.T) {
	yes := true
	for _, c := range []struct {
		name, text string
		want       conf.Event
		code       string
	}{
		{"with fields", `{"t":"chat.send","text":"hi","to":3}`, &conf.Say{Text: "hi", To: 3}, ""},
		{"with a field that is off when it is left out", `{"t":"room.open","name":"r","e2ee":true}`, &conf.OpenRoom{Name: "r", E2EE: true}, ""},
		{"without fields", `{"t":"leave"}`, &conf.Leave{}, ""},
		{"with a field left out", `{"t":"mic"}`, &conf.Mic{}, ""},
		{"with an optional field", `{"t":"mic","on":true}`, &conf.Mic{On: &yes}, ""},
		{"that does not exist", `{"t":"dance"}`, nil, cmdUnknown},
		{"without a name", `{}`, nil, cmdUnknown},
		{"with a field of another type", `{"t":"chat.send","text":5}`, nil, cmdBad},
		{"that is no object", `[1]`, nil, cmdBad},
		{"that is no JSON", `{"t":`, nil, cmdBad},
	} {
		t.Run("a command "+c.name, func(t *testing.T) {
			e, code := command(conf.Commands(), c.text)
			assert.Equal(t, c.code, code)
			assert.Equal(t, c.want, e)
		})
	}
}

func TestViewport(t *testing.T) {
	v, ok := viewport(`[{"source":"3/cam","h":360.5,"prio":5},{"source":"me/cam","h":90},{"source":"0/cam","h":1},
		{"source":"4/screen","h":720},{"source":"70000/cam","h":1},{"source":"5/nose","h":1},{"source":"6","h":1}]`)
	require.True(t, ok)
	assert.Equal(t, []conf.Watch{
		{Source: wire.Source{Member: 3, Stream: wire.Cam}, Height: 360, Prio: 5},
		{Source: wire.Source{Member: 4, Stream: wire.Screen}, Height: 720},
	}, v.Watch)
	_, ok = viewport(`{}`)
	assert.False(t, ok)
}

func TestSourceIsTheInverseOfSourceID(t *testing.T) {
	for _, st := range wire.Streams {
		want := wire.Source{Member: 65535, Stream: st}
		got, ok := source(conf.SourceID(want))
		assert.True(t, ok)
		assert.Equal(t, want, got)
	}
}

func TestRequest(t *testing.T) {
	e := conf.CallAPI{Name: "ann", Secret: "x", Token: "y"}
	for _, c := range []struct{ op, method, body string }{
		{"session", "GET", ""},
		{"signin", "POST", `{"name":"ann","password":"x"}`},
		{"enrol", "POST", `{"token":"y","name":"ann","password":"x"}`},
		{"signout", "POST", `{}`},
		{"ticket", "POST", `{}`},
	} {
		e.Op = c.op
		method, body := request(e)
		assert.Equal(t, c.method, method, c.op)
		assert.Equal(t, c.body, string(body), c.op)
	}
}

func TestResult(t *testing.T) {
	internal := &wire.Error{Code: wire.CodeInternal}
	for _, c := range []struct {
		name, text string
		status     int
		want       conf.APIResult
	}{
		{"a name", `{"name":"ann"}`, 200, conf.APIResult{Name: "ann"}},
		{"nobody signed in", `{}`, 200, conf.APIResult{}},
		{"a ticket", `{"ticket":"t"}`, 200, conf.APIResult{Ticket: "t"}},
		{"a refusal", `{"code":"auth.rate","retryAfter":9000}`, 429, conf.APIResult{Err: &wire.Error{Code: "auth.rate", RetryAfter: 9000}}},
		{"a proxy's page", `<html>bad gateway`, 502, conf.APIResult{Err: internal}},
		{"a proxy's page with success", `<html>welcome`, 200, conf.APIResult{Err: internal}},
		{"a refusal without a code", `{}`, 500, conf.APIResult{Err: internal}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.Op = "signin"
			assert.Equal(t, c.want, result("signin", c.status, []byte(c.text)))
		})
	}
}

func TestParsed(t *testing.T) {
	roomname.UseNormalizer(browser.Normalize)
	assert.Equal(t, parse{Name: "büro-東京"}, parsed("B\u0075\u0308RO 東京"), "as two code points, in capitals")
	assert.Equal(t, parse{Name: "my-room"}, parsed("My%20Room"))
	assert.Equal(t, parse{Code: "empty"}, parsed(" - "))
	assert.Equal(t, parse{Code: "bad-character"}, parsed("a/b"))
}

func TestSuggestedNamesAreNames(t *testing.T) {
	name := suggest()
	assert.Equal(t, parse{Name: name}, parsed(name))
	assert.NotEqual(t, name, suggest())
}

func TestSuggestedPassphrasesAreTaken(t *testing.T) {
	phrase := suggestPassphrase()
	assert.NotEqual(t, phrase, suggestPassphrase())
	assert.False(t, conf.PassphraseStrength(phrase).Weak)
}

func TestDeliveryHoldsOnlyWhatChanged(t *testing.T) {
	v := conf.New(conf.Config{}).View()
	keys := func(d conf.Dirty) []string {
		b, err := json.Marshal(changed(v, d))
		require.NoError(t, err)
		var m map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(b, &m))
		var names []string
		for k, x := range m {
			assert.NotEqual(t, "null", string(x), k)
			names = append(names, k)
		}
		return names
	}
	assert.ElementsMatch(t, []string{"me", "peers"}, keys(conf.MeChanged|conf.PeersChanged))
	all := conf.New(conf.Config{}).TakeDirty()
	assert.ElementsMatch(t, []string{"app", "room", "me", "devices", "peers", "stage", "chat", "auth", "crypto"}, keys(all))
	assert.Empty(t, keys(0))
}

func TestInboxKeepsTheOrder(t *testing.T) {
	b := newInbox()
	var got []int
	for i := range 3 {
		b.put(func() { got = append(got, i) })
	}
	<-b.wake
	for f := b.take(); f != nil; f = b.take() {
		f()
	}
	assert.Equal(t, []int{0, 1, 2}, got)
	assert.Empty(t, b.wake)
}

func TestInboxThatNobodyEmptiesEnds(t *testing.T) {
	b := newInbox()
	for range maxInbox {
		b.put(func() {})
	}
	assert.Panics(t, func() { b.put(func() {}) })
}
