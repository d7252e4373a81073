package call

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/link"
)

// stranger is somebody with a WebSocket and bad manners.
type stranger struct {
	c    *call
	conn link.Conn
}

func (c *call) stranger() *stranger {
	c.t.Helper()
	conn, err := link.DialWebSocket(c.relay.WebSocket(), nil)(c.t.Context())
	require.NoError(c.t, err)
	return &stranger{c: c, conn: conn}
}

func (s *stranger) says(lines ...string) {
	for _, line := range lines {
		if s.conn.Write(s.c.t.Context(), []byte(line)) != nil {
			return // the relay has closed already; what it said is still to be read
		}
	}
}

// hears returns the codes of all errors, and of bye, until the relay closes or has answered as often as asked.
func (s *stranger) hears(most int) (errs []wire.Code, bye wire.Code) {
	s.c.t.Helper()
	ctx, cancel := context.WithTimeout(s.c.t.Context(), patience)
	defer cancel()
	for range most {
		b, err := s.conn.Read(ctx)
		if err != nil {
			require.NoError(s.c.t, ctx.Err(), "the relay neither answers nor closes")
			return errs, bye
		}
		m, _, err := wire.DecodeServer(b)
		require.NoError(s.c.t, err)
		switch m := m.(type) {
		case *wire.Failure:
			errs = append(errs, m.Code)
		case *wire.Bye:
			return errs, m.Code
		}
	}
	return errs, bye
}

const goodOffer = `{"fresh":true,"ice":{"ufrag":"abcd","pwd":"abcdefghijklmnopqrstuvwx"},"fingerprint":"FP",` +
	`"codecs":[{"kind":"audio","name":"opus","pt":111,"clock":48000},{"kind":"video","name":"VP8","pt":96,"clock":90000}],` +
	`"exts":[{"uri":"urn:ietf:params:rtp-hdrext:sdes:mid","id":1}],"send":[],"slots":[{"mid":"0","kind":"video"}]}`

// hello is a good one, with parts exchanged: old, new, old, new …
func hello(exchange ...string) string {
	offer := strings.Replace(goodOffer, "FP", strings.Repeat("AB:", 31)+"AB", 1)
	h := fmt.Sprintf(`{"t":"hello","d":{"version":1,"room":"%s","name":"eve","state":{},"offer":%s}}`, room, offer)
	return strings.NewReplacer(exchange...).Replace(h)
}

func TestBadInputGetsAClearAnswerAndTheOthersCallGoesOn(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann"), c.join("bob")
	ann.sees(bob)
	for name, x := range map[string]struct {
		says []string
		errs []wire.Code // each of these is answered
		bye  wire.Code   // "": the connection goes on
	}{
		"bytes that are no message":         {says: []string{hello(), "{"}, errs: []wire.Code{wire.CodeBadMessage}},
		"a type that does not exist":        {says: []string{hello(), `{"t":"dance"}`}, errs: []wire.Code{wire.CodeUnknown}},
		"a field that does not exist":       {says: []string{hello(), `{"t":"hand","d":{"down":true}}`}, errs: []wire.Code{wire.CodeBadMessage}},
		"a value of another type":           {says: []string{hello(), `{"t":"hand","d":{"up":"yes"}}`}, errs: []wire.Code{wire.CodeBadMessage}},
		"too many bad messages":             {says: append(repeat("{", wire.MaxViolations+2), hello()), bye: wire.CodeBadMessage},
		"too many bad messages after hello": {says: append([]string{hello()}, repeat("{", wire.MaxViolations+2)...), bye: wire.CodeBadMessage},
		"bytes that are no message first":   {says: []string{"{"}, bye: wire.CodeBadMessage},
		"a hello with an unknown field":     {says: []string{hello(`"name"`, `"nome"`)}, bye: wire.CodeBadMessage},
		"a message before hello":            {says: []string{`{"t":"hand","d":{"up":true}}`}, bye: wire.CodeOrder},
		"hello twice":                       {says: []string{hello(), hello()}, bye: wire.CodeOrder},
		"a version that does not exist":     {says: []string{hello(`"version":1`, `"version":9`)}, bye: wire.CodeVersion},
		"a message that is too large":       {says: []string{hello(`"eve"`, `"`+strings.Repeat("e", wire.MaxMessage)+`"`)}, bye: wire.CodeTooLarge},
		"a room that cannot be named so":    {says: []string{hello(room, "a/b")}, bye: wire.CodeRoom},
		"a name of nothing":                 {says: []string{hello(`"eve"`, `" "`)}, bye: wire.CodeName},
		"a description without fingerprint": {says: []string{hello("AB:AB", "AB")}, bye: wire.CodeOffer},
		"a description without a codec":     {says: []string{hello("VP8", "VP10")}, bye: wire.CodeNoCodec},
		"a ticket that was guessed":         {says: []string{hello(), `{"t":"auth","n":4,"d":{"ticket":"guessed"}}`}, errs: []wire.Code{wire.CodeTicket}},
	} {
		t.Run(name, func(t *testing.T) {
			eve := c.stranger()
			defer func() { _ = eve.conn.Close(1000, "") }()
			eve.says(x.says...)
			var errs []wire.Code
			var bye wire.Code
			for len(errs) < len(x.errs) || x.bye != "" && bye == "" {
				more, end := eve.hears(1)
				if errs, bye = append(errs, more...), end; bye != "" {
					break
				}
			}
			assert.Subset(t, errs, x.errs)
			assert.Equal(t, x.bye, bye)
			ann.sees(bob)
		})
	}
	bob.hears(ann)
}

func repeat(s string, n int) (list []string) {
	for range n {
		list = append(list, s)
	}
	return list
}

func TestACertificateThatDoesNotMatchItsFingerprintGetsNoMedia(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann"), c.join("bob")
	ann.sees(bob)
	before := c.negotiations(ann, bob)
	eve := c.join("eve", tampering(func(o *wire.Offer) { o.Fingerprint = strings.Repeat("AB:", 31) + "AB" }))
	c.eventually("eve is told that there is no media", func() bool {
		for _, e := range eve.Refusals() {
			if e.Code == wire.CodeMedia {
				return true
			}
		}
		return false
	})
	ann.sees(bob)
	bob.hears(ann)
	assert.Empty(t, eve.Records(), "what reached eve")
	assert.NotContains(t, ann.Records(), wire.Source{Member: eve.index(), Stream: wire.Cam})
	assert.Equal(t, before, c.negotiations(ann, bob))
	eve.leaves()
	ann.knows(bob)
}

func TestNothingPersonalIsLogged(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("annabella"), c.join("bartholomew")
	ann.sees(bob)
	bob.leaves()
	ann.knows()
	c.eventually("the end of bob's connection is logged", func() bool { return strings.Contains(c.relay.Log(), "connection ended") })
	log := c.relay.Log()
	for _, word := range []string{"annabella", "bartholomew", room, "127.0.0.1", "ufrag"} {
		assert.NotContains(t, log, word)
	}
}
