package peer

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTwoMeet(t *testing.T) {
	play(t, func(r *relay) {
		ann, w := r.join("ann")
		assert.Equal(t, wire.MemberIndex(1), w.You)
		assert.Equal(t, "secret-room", w.Room)
		assert.Equal(t, wire.MediaNew, w.Media)
		assert.Equal(t, "relayabcd", w.Answer.ICE.Ufrag)
		assert.NotEmpty(t, w.Boot)
		assert.False(t, w.Resumed)

		bob, w := r.join("bob")
		require.Len(t, w.Members, 2)
		assert.Equal(t, wire.Host, w.Members[0].Role)
		joined := hearsOne[*wire.Joined](ann, 0)
		assert.Equal(t, "name-bob", joined.Member.Name)

		n := bob.send(&wire.SendChat{Text: "hello"})
		assert.Equal(t, "hello", hearsOne[*wire.Chat](bob, n).Text)
		assert.Equal(t, wire.MemberIndex(2), hearsOne[*wire.Chat](ann, 0).From)

		n = bob.send(&wire.Ping{})
		hearsOne[*wire.Pong](bob, n)

		bob.send(&wire.SetState{Sending: wire.Sending{Mic: true}})
		assert.True(t, hearsOne[*wire.Changed](ann, 0).Member.State.Mic)
		assert.Empty(t, bob.hears())
		bob.send(&wire.SetWants{Wants: []wire.Want{{Source: wire.Source{Member: 1, Stream: wire.Cam}, Height: 180}}})
		assert.Equal(t, []string{"join 1", "join 2", "sending 2 mic", "want 2+"}, r.media.noted())

		bob.send(&wire.Leave{})
		bob.gone(wire.CodeLeft)
		assert.Equal(t, wire.CodeLeft, hearsOne[*wire.Left](ann, 0).Why)
		assert.Equal(t, []string{"end 2"}, r.media.noted())

		ann.send(&wire.Leave{})
		ann.gone(wire.CodeLeft)
		assert.ElementsMatch(t, []string{"end 1", "close"}, r.media.noted())
		assert.Zero(t, r.srv.Stats().Rooms)
	})
}

func TestOthersJoinWithoutNegotiation(t *testing.T) {
	play(t, func(r *relay) {
		_, w := r.join("ann")
		for i := range 5 {
			c, _ := r.join(fmt.Sprint(i))
			c.send(&wire.Leave{})
			c.gone(wire.CodeLeft)
		}
		st := r.srv.Stats()
		assert.Equal(t, map[Seat]uint64{{w.Incarnation, w.You}: 1}, st.Answers)
		assert.Equal(t, 1, st.Members)
	})
}

func TestGuestsWaitForAHost(t *testing.T) {
	play(t, func(r *relay) {
		bob, cid := r.dial(), r.dial()
		bob.send(hello("bob"))
		cid.send(hello("cid"))
		assert.Equal(t, wire.WaitHost, hearsOne[*wire.Waiting](bob, 0).For)
		hearsOne[*wire.Waiting](cid, 0)

		changed := offer()
		changed.ICE.Ufrag = "efgh"
		bob.send(&wire.SetOffer{Offer: *changed})
		assert.Empty(t, bob.hears(), "the answer comes with the welcome")

		n := cid.send(&wire.Auth{Ticket: "bad"})
		assert.Equal(t, wire.CodeTicket, hearsOne[*wire.Failure](cid, n).Code)
		assert.Empty(t, r.media.noted(), "nobody who waits has media")

		cid.send(&wire.Auth{Ticket: "good"})
		all := cid.hears()
		require.Len(t, all, 2)
		assert.Equal(t, wire.Host, all[0].(*wire.Welcome).Members[0].Role)
		assert.Equal(t, "relayefgh", hearsOne[*wire.Welcome](bob, 0).Answer.ICE.Ufrag)
	})
}

func TestLostAndBack(t *testing.T) {
	play(t, func(r *relay) {
		ann, _ := r.join("ann")
		bob, w := r.join("bob")
		ann.hears()
		r.media.noted()

		bob.vanish()
		how := []wire.Encoding{{Stream: wire.Cam, Codec: "VP8", Layers: []int{1}}}
		r.media.mu.Lock()
		r.media.how = how
		r.media.mu.Unlock()
		r.media.events.Encode(2, how) // lost
		back := r.dial()
		h := hello("bob")
		h.Offer, h.Resume = nil, w.Resume
		back.send(h)
		all := back.hears()
		require.Len(t, all, 2)
		again := all[0].(*wire.Welcome)
		assert.Equal(t, &wire.Encode{Streams: how}, all[1], "it is said again")
		assert.True(t, again.Resumed)
		assert.Equal(t, w.You, again.You)
		assert.Equal(t, wire.MediaKept, again.Media)
		assert.Len(t, again.Slots, 1)
		assert.Nil(t, again.Answer)
		assert.Empty(t, ann.hears(), "nobody noticed")
		assert.Equal(t, []string{"sending 2"}, r.media.noted())

		back.vanish()
		time.Sleep(wire.AwayAfter) // virtual
		assert.True(t, hearsOne[*wire.Changed](ann, 0).Member.Away)
		ann.send(&wire.Ping{})
		time.Sleep(10 * time.Second)
		ann.send(&wire.Ping{})
		third := r.dial()
		h = hello("bob")
		h.Resume = again.Resume
		third.send(h)
		assert.Equal(t, wire.MediaNew, hearsOne[*wire.Welcome](third, 0).Media, "a fresh offer replaces the peer connection")
		assert.Equal(t, []string{"end 2", "join 2"}, r.media.noted())
	})
}

func TestMediaThatIsGone(t *testing.T) {
	play(t, func(r *relay) {
		bob, w := r.join("ann")
		bob.send(&wire.SetWants{Wants: []wire.Want{{Source: wire.Source{Member: 9, Stream: wire.Cam}, Height: 180}}})
		r.media.noted()
		r.media.events.Gone(1, &peerNotes{}, errGone)
		assert.Empty(t, bob.hears(), "that was another session")
		r.media.events.Gone(1, r.media.last, errGone)
		assert.Equal(t, *errGone, hearsOne[*wire.Failure](bob, 0).Error)

		o := offer()
		o.Fresh = false
		n := bob.send(&wire.SetOffer{Offer: *o})
		assert.Equal(t, wire.CodeNoMedia, hearsOne[*wire.Failure](bob, n).Code)

		bob.vanish()
		back := r.dial()
		h := hello("ann")
		h.Offer, h.Resume = nil, w.Resume
		back.send(h)
		assert.Equal(t, wire.MediaGone, hearsOne[*wire.Welcome](back, 0).Media)

		n = back.send(&wire.SetOffer{Offer: *offer()})
		hearsOne[*wire.AnswerTo](back, n)
		assert.Equal(t, []string{"join 1", "want 1+"}, r.media.noted(), "wants outlast the peer connection")

		n = back.send(&wire.SetOffer{Offer: *o})
		assert.Equal(t, "relayabcd", hearsOne[*wire.AnswerTo](back, n).ICE.Ufrag)
		o.ICE.Ufrag = "bad0"
		n = back.send(&wire.SetOffer{Offer: *o})
		assert.Equal(t, wire.CodeInternal, hearsOne[*wire.Failure](back, n).Code)
		assert.Equal(t, []string{"offer 1"}, r.media.noted())
		assert.Equal(t, uint64(3), r.srv.Stats().Answers[Seat{w.Incarnation, 1}])
	})
}

func TestSlotsAndSpeakersReachThoseTheyAreFor(t *testing.T) {
	play(t, func(r *relay) {
		ann, _ := r.join("ann")
		bob, _ := r.join("bob")
		ann.hears()
		r.media.events.Slots(2, []wire.SlotState{{Mid: "1", Source: wire.Source{Member: 1, Stream: wire.Mic}}})
		assert.Equal(t, "1", hearsOne[*wire.Slots](bob, 0).Slots[0].Mid)
		assert.Empty(t, ann.hears())
		r.media.events.Encode(2, []wire.Encoding{{Stream: wire.Cam, Codec: "VP8", Layers: []int{}}})
		assert.Equal(t, "VP8", hearsOne[*wire.Encode](bob, 0).Streams[0].Codec)
		r.media.events.Slots(7, []wire.SlotState{{Mid: "1"}})

		r.media.events.Speakers(wire.Speakers{Dominant: 2})
		assert.Equal(t, wire.MemberIndex(2), hearsOne[*wire.Speakers](ann, 0).Dominant)
		assert.NotNil(t, hearsOne[*wire.Speakers](bob, 0).Speaking)

		cid := r.dial()
		cid.send(hello("cid"))
		all := cid.hears()
		require.Len(t, all, 2)
		assert.IsType(t, &wire.Welcome{}, all[0])
		assert.Equal(t, wire.MemberIndex(2), all[1].(*wire.Speakers).Dominant, "who comes later learns it too")
	})
}

func TestASecondTabTakesTheSeat(t *testing.T) {
	play(t, func(r *relay) {
		ann, w := r.join("ann")
		tab := r.dial()
		h := hello("ann")
		h.Resume = w.Resume
		tab.send(h)
		ann.gone(wire.CodeReplaced)
		assert.True(t, hearsOne[*wire.Welcome](tab, 0).Resumed)
		time.Sleep(2 * wire.SeatTime) // virtual; the tab is silent and loses its connection, not to its older self
	})
}

// TestBadInput sends what no good client sends. Each gets its answer, and the call of the others goes on.
func TestBadInput(t *testing.T) {
	enc := func(v any) string {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		return string(b)
	}
	edit := func(f func(h map[string]any)) string {
		var h map[string]any
		require.NoError(t, json.Unmarshal([]byte(enc(hello("eve"))), &h))
		f(h)
		return enc(map[string]any{"t": "hello", "d": h})
	}
	over := func(path ...string) string { // an offer with a bad value at path
		return edit(func(h map[string]any) {
			m := h["offer"].(map[string]any)
			for _, p := range path[:len(path)-2] {
				m = m[p].(map[string]any)
			}
			m[path[len(path)-2]] = path[len(path)-1]
		})
	}
	for _, c := range []struct {
		name string
		text string
		code wire.Code
		what map[string]string
	}{
		{"not JSON", `{`, wire.CodeBadMessage, map[string]string{"what": "envelope"}},
		{"not UTF-8", "\xff", "", nil},
		{"nothing", ``, wire.CodeBadMessage, map[string]string{"what": "envelope"}},
		{"an array", `[]`, wire.CodeBadMessage, map[string]string{"what": "envelope"}},
		{"two values", `{"t":"ping"}{}`, wire.CodeBadMessage, map[string]string{"what": "envelope"}},
		{"a field that does not exist in the envelope", `{"t":"ping","x":1}`, wire.CodeBadMessage, map[string]string{"what": "envelope"}},
		{"a field that does not exist", edit(func(h map[string]any) { h["x"] = 1 }), wire.CodeBadMessage, map[string]string{"what": "hello"}},
		{"a field of the wrong type", edit(func(h map[string]any) { h["name"] = 1 }), wire.CodeBadMessage, map[string]string{"what": "hello"}},
		{"a type that does not exist", `{"t":"dance"}`, wire.CodeUnknown, nil},
		{"a message of the relay", `{"t":"welcome"}`, wire.CodeUnknown, nil},
		{"too large", `{"t":"` + strings.Repeat("x", wire.MaxMessage) + `"}`, wire.CodeTooLarge, nil},
		{"something else before hello", `{"t":"ping"}`, wire.CodeOrder, nil},
		{"leaving before hello", `{"t":"leave"}`, wire.CodeOrder, nil},
		{"the next version", edit(func(h map[string]any) { h["version"] = 2; h["new"] = true }), wire.CodeVersion, map[string]string{"version": "1"}},
		{"no version", edit(func(h map[string]any) { delete(h, "version") }), wire.CodeBadMessage, map[string]string{"what": "version"}},
		{"a room without a name", edit(func(h map[string]any) { h["room"] = " _-" }), wire.CodeRoom, map[string]string{"why": "empty"}},
		{"a room with a slash", edit(func(h map[string]any) { h["room"] = "a/b" }), wire.CodeRoom, map[string]string{"why": "bad-character"}},
		{"a room with a broken escape", edit(func(h map[string]any) { h["room"] = "50%" }), wire.CodeRoom, map[string]string{"why": "bad-escape"}},
		{"a room that is too long", edit(func(h map[string]any) { h["room"] = strings.Repeat("a", 65) }), wire.CodeRoom, map[string]string{"why": "too-long"}},
		{"no name", edit(func(h map[string]any) { h["name"] = "" }), wire.CodeName, nil},
		{"a name of two lines", edit(func(h map[string]any) { h["name"] = "a\nb" }), wire.CodeName, nil},
		{"no offer", edit(func(h map[string]any) { delete(h, "offer") }), wire.CodeBadMessage, map[string]string{"what": "offer"}},
		{"bad ICE credentials", over("ice", "ufrag", "a b"), wire.CodeOffer, map[string]string{"why": "ice"}},
		{"a bad fingerprint", over("fingerprint", "AB"), wire.CodeOffer, map[string]string{"why": "fingerprint"}},
		{"an offer that media refuses", over("ice", "ufrag", "bad0"), wire.CodeNoCodec, nil},
		{"a bad ticket", edit(func(h map[string]any) { h["ticket"] = "bad" }), wire.CodeTicket, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, func(r *relay) {
				ann, _ := r.join("ann")
				eve := r.dial()
				eve.text(c.text)
				if c.code == "" { // RFC 6455, section 8.1, or our own words for it
					assert.False(t, eve.open())
				} else {
					bye := eve.gone(c.code)
					assert.Equal(t, c.what, bye.Params)
				}
				n := ann.send(&wire.Ping{})
				all := ann.hears()
				assert.IsType(t, &wire.Pong{}, all[len(all)-1], "message %d", n)
				assert.Equal(t, 1, r.srv.Stats().Members)
			})
		})
	}
}

func TestBadInputInTheCall(t *testing.T) {
	for _, c := range []struct {
		name string
		text string
		code wire.Code
		ends bool
	}{
		{"a second hello", `{"t":"hello","n":5,"d":{"version":1,"room":"a","name":"b","resume":"x","state":{}}}`, wire.CodeOrder, true},
		{"too large", `{"t":"` + strings.Repeat("x", wire.MaxMessage) + `"}`, wire.CodeTooLarge, true},
		{"not JSON", `{`, wire.CodeBadMessage, false},
		{"a type that does not exist", `{"t":"dance","n":5}`, wire.CodeUnknown, false},
		{"an unknown field", `{"t":"ping","n":5,"d":{"x":1}}`, wire.CodeBadMessage, false},
		{"an empty chat message", `{"t":"chat","n":5,"d":{"text":" "}}`, wire.CodeChat, false},
		{"chat to nobody", `{"t":"chat","n":5,"d":{"text":"x","to":9}}`, wire.CodeNobody, false},
		{"an offer without codecs", `{"t":"offer","n":5,"d":{}}`, wire.CodeOffer, false},
		{"too many wants", `{"t":"want","n":5,"d":{"wants":[` + strings.Repeat(`{"member":1,"stream":"cam","height":1},`, 50) + `{}]}}`, wire.CodeBadMessage, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, func(r *relay) {
				ann, _ := r.join("ann")
				eve, _ := r.join("eve")
				ann.hears()
				eve.text(c.text)
				if c.ends {
					eve.gone(c.code)
				} else {
					re := uint32(5)
					if c.text == `{` {
						re = 0
					}
					assert.Equal(t, c.code, hearsOne[*wire.Failure](eve, re).Code)
					assert.True(t, eve.open())
				}
				assert.True(t, ann.open())
				assert.Empty(t, ann.hears(), "nobody else hears of it")
				st := r.srv.Stats()
				assert.Equal(t, uint64(1), st.Refused[c.code]+st.Ended[c.code])
			})
		})
	}
}

func TestAFaultEndsOneConnectionOnly(t *testing.T) {
	play(t, func(r *relay) {
		ann, _ := r.join("ann")
		eve := r.dial()
		h := hello("eve")
		h.Offer.ICE.Ufrag = "boom"
		eve.send(h)
		assert.False(t, eve.open())
		assert.Contains(t, r.log.String(), "connection broke")
		assert.Equal(t, uint64(1), r.srv.Stats().Ended[wire.CodeInternal])
		all := ann.hears()
		assert.IsType(t, &wire.Left{}, all[len(all)-1])
		hearsOne[*wire.Pong](ann, ann.send(&wire.Ping{}))
	})
}

func TestTooManyViolations(t *testing.T) {
	play(t, func(r *relay) {
		eve, _ := r.join("ann")
		for range wire.MaxViolations {
			eve.text(`{"t":"dance"}`)
			hearsOne[*wire.Failure](eve, 0)
		}
		eve.text(`{"t":"dance"}`)
		eve.gone(wire.CodeUnknown)
	})
}

func TestAMessageInTheWrongKindOfFrame(t *testing.T) {
	play(t, func(r *relay) {
		for _, send := range []func(*client){
			func(eve *client) { eve.binary(`{"t":"ping"}`) },
			func(eve *client) { eve.binary("") },
			func(eve *client) { eve.text("\x01\x10\x00\x00\x00\x01\x00\x00\x00\x00") },
		} {
			eve, _ := r.join("ann")
			send(eve)
			eve.gone(wire.CodeBadMessage)
		}
	})
}

func TestAnotherSubprotocol(t *testing.T) {
	play(t, func(r *relay) {
		eve := r.connect()
		go eve.read()
		eve.gone(wire.CodeVersion)
	})
}

func TestAFlood(t *testing.T) {
	play(t, func(r *relay) {
		ann, _ := r.join("ann")
		eve, _ := r.join("eve")
		ann.hears()
		for range 2 * rateBurst {
			eve.text(`{"t":"chat","d":{"text":"x"}}`)
		}
		said, warned := 0, 0
		for _, m := range eve.hears() {
			switch m := m.(type) {
			case *wire.Chat:
				said++
			case *wire.Failure:
				assert.Equal(t, wire.CodeRate, m.Code)
				assert.NotZero(t, m.RetryAfter)
				warned++
			}
		}
		assert.Equal(t, rateBurst-1, said, "hello was the first of them")
		assert.Equal(t, 1, warned)
		assert.Len(t, ann.hears(), rateBurst-1)

		for i := 0; eve.open(); i++ { // 20 a second, twice as many as are heard
			require.Less(t, i, 300)
			eve.text(`{"t":"ping"}`)
			time.Sleep(50 * time.Millisecond) // virtual
		}
		eve.gone(wire.CodeRate)
		assert.True(t, ann.open())
	})
}

func TestSilence(t *testing.T) {
	play(t, func(r *relay) {
		mute := r.dial()
		time.Sleep(wire.HelloTimeout - time.Millisecond) // virtual
		assert.True(t, mute.open())
		time.Sleep(time.Millisecond)
		mute.gone(wire.CodeTimeout)

		ann, _ := r.join("ann")
		time.Sleep(wire.DeadAfter - time.Millisecond)
		hearsOne[*wire.Pong](ann, ann.send(&wire.Ping{}))
		time.Sleep(wire.DeadAfter - time.Millisecond)
		assert.True(t, ann.open())
		time.Sleep(time.Millisecond)
		ann.gone(wire.CodeTimeout)
		assert.Equal(t, 1, r.srv.Stats().Members, "the seat is kept")
	})
}

func TestAClientThatReadsTooSlowly(t *testing.T) {
	play(t, func(r *relay) {
		ann, _ := r.join("ann")
		eve := r.connect(wire.Subprotocol) // reads nothing
		eve.send(hello("eve"))
		synctest.Wait()
		for i := range wire.MaxQueue/rateBurst + 2 {
			c, _ := r.join(fmt.Sprint(i))
			for range rateBurst - 1 {
				c.send(&wire.SendChat{Text: "x"})
			}
			synctest.Wait() // or the next one would hear the last of it after the welcome
		}
		time.Sleep(2 * closeTimeout) // virtual
		synctest.Wait()
		assert.Equal(t, uint64(1), r.srv.Stats().Ended[wire.CodeSlow])
		assert.True(t, ann.open())
	})
}

func TestAClientThatStopsReading(t *testing.T) {
	play(t, func(r *relay) {
		eve := r.connect(wire.Subprotocol) // reads nothing, not even the welcome
		h := hello("eve")
		h.Ticket = "good"
		eve.send(h)
		time.Sleep(writeTimeout + 2*closeTimeout) // virtual
		synctest.Wait()
		assert.Equal(t, uint64(1), r.srv.Stats().Ended[wire.CodeSlow])
		assert.Zero(t, r.srv.Stats().Members, "nobody has heard of the seat")
	})
}

func TestWaitingIsNotBeingInside(t *testing.T) {
	for _, text := range []string{
		`{"t":"chat","d":{"text":"x"}}`, `{"t":"hand","d":{"up":true}}`, `{"t":"state","d":{}}`, `{"t":"want","d":{"wants":[]}}`,
	} {
		play(t, func(r *relay) {
			bob := r.dial()
			bob.send(hello("bob"))
			hearsOne[*wire.Waiting](bob, 0)
			bob.text(text)
			bob.gone(wire.CodeOrder)
			assert.Empty(t, r.media.noted())
		})
	}
}

func TestAShutdownSaysGoodbye(t *testing.T) {
	play(t, func(r *relay) {
		ann, _ := r.join("ann")
		mute := r.connect(wire.Subprotocol) // does not read
		r.media.noted()
		begun := time.Now()
		r.close(5 * time.Second)
		assert.Less(t, time.Since(begun), 5*time.Second)
		ann.gone(wire.CodeDrain)
		assert.Contains(t, r.media.noted(), "close")
		mute.vanish()
		assert.Equal(t, uint64(2), r.srv.Stats().Ended[wire.CodeDrain])
	})
}
