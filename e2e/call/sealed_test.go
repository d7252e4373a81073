package call

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/conclave-meet/conclave/e2e/bot"
	"github.com/conclave-meet/conclave/e2e/harness"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

// Passphrases that nobody guesses.
const (
	secret  = "copper lantern quietly walrus"
	another = "velvet compass thirsty mongoose"
)

// sealed comes with a passphrase.
func sealed(passphrase string) with {
	return func(c *bot.Config) { c.E2EE.Passphrase = passphrase }
}

// offering also offers a codec.
func offering(codec string) with { return func(c *bot.Config) { c.E2EE.Codec = codec } }

func TestThreeWithOnePassphraseSeeAndHearOneAnother(t *testing.T) {
	for _, codec := range []string{"VP8", "VP9", "AV1"} {
		t.Run(codec, func(t *testing.T) {
			c := newCallWith(t, harness.Options{Codecs: []string{codec}})
			how := []with{sealed(secret), offering(codec)}
			ann, bob, cyd := c.host("ann", how...), c.join("bob", how...), c.join("cyd", how...)
			all := []*person{ann, bob, cyd}
			for _, p := range all {
				p.isUpWith(all...)
				p.sees(all...)
				p.hears(all...)
			}
			c.agree(all...)
			before := ann.Records()
			ann.sees(all...)
			for src, r := range ann.Records() {
				if src.Stream == wire.Cam {
					assert.Equal(t, codec, r.Codec, "of %v", src)
				}
				assert.Equal(t, before[src].Opaque, r.Opaque, "%v: whoever has the keys opens everything", src)
			}
		})
	}
}

func TestTheRelayIsToldNoNameAndNoWordOfTheChat(t *testing.T) {
	c := newCall(t)
	var line line
	called := func(name string) with { return func(x *bot.Config) { x.Name, x.E2EE.Line = name, line.take } }
	ann, bob := c.host("ann", sealed(secret), called("Annabella")), c.join("bob", sealed(secret), called("Bobadilla"))
	bob.isUpWith(ann)
	ann.isUpWith(bob)
	ann.Do(&conf.Say{Text: "marmalade for everybody"})
	bob.Do(&conf.Hand{})
	bob.until("has it", func(v conf.View) bool { return slices.Equal(said(v), []string{"Annabella: marmalade for everybody"}) })
	ann.until("sees the hand", func(v conf.View) bool { x, ok := ann.peer(v, "Bobadilla"); return ok && x.Hand != 0 })
	bob.sees(ann)
	assert.Positive(t, line.times(`"hello"`), "the line is heard")
	for _, word := range []string{"Annabella", "Bobadilla", "marmalade", "walrus", `"hand":1`} {
		assert.Zero(t, line.times(word), word)
	}
	assert.NotContains(t, c.relay.Log(), "Annabella")
}

func TestAHostEncryptsACallThatIsGoingOn(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann"), c.join("bob")
	ann.sees(bob)
	bob.sees(ann)
	ann.Do(&conf.CryptoPassphrase{Text: secret})
	ann.Do(&conf.CryptoOn{})
	bob.until("is asked for the passphrase", func(v conf.View) bool { return v.Crypto.Phase == conf.CryptoNoPhrase })
	bob.misses(wire.Cam, ann)
	ann.misses(wire.Cam, bob)
	bob.Do(&conf.CryptoPassphrase{Text: secret})
	for _, p := range []*person{ann, bob} {
		p.isUpWith(ann, bob)
		p.sees(ann, bob)
		p.hears(ann, bob)
	}
	c.agree(ann, bob)
	assert.Equal(t, "VP8", ann.Records()[wire.Source{Member: bob.index(), Stream: wire.Cam}].Codec, "sealed now")
}

func TestAResumedConnectionGoesOnSealed(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann", sealed(secret)), c.join("bob", sealed(secret))
	bob.sees(ann)
	ann.sees(bob)
	bob.CutLink()
	bob.until("knows that it is lost", func(v conf.View) bool { return v.App.Conn == conf.ConnLost })
	ann.Do(&conf.Say{Text: "said meanwhile"})
	bob.MendLink()
	bob.isIn()
	bob.until("has what was said", func(v conf.View) bool { return slices.Equal(said(v), []string{"ann: said meanwhile"}) })
	ann.isUpWith(bob)
	bob.isUpWith(ann)
	ann.sees(bob)
	bob.sees(ann)
	c.agree(ann, bob)
}

func TestNamesHandsAndChatGoPastTheRelay(t *testing.T) {
	c := newCall(t)
	ann, bob, cyd := c.host("ann", sealed(secret)), c.join("bob", sealed(secret)), c.join("cyd", sealed(secret))
	ann.isUpWith(ann, bob, cyd)
	bob.knows(ann, cyd)
	bob.Do(&conf.Hand{})
	ann.until("sees the hand", func(v conf.View) bool { x, ok := ann.peer(v, "bob"); return ok && x.Hand != 0 })
	ann.Do(&conf.Say{Text: "for all"})
	ann.Do(&conf.Say{Text: "for bob", To: bob.index()})
	bob.until("has both", func(v conf.View) bool { return slices.Equal(said(v), []string{"ann: for all", "ann: for bob"}) })
	cyd.until("has one", func(v conf.View) bool { return slices.Equal(said(v), []string{"ann: for all"}) })
}

// said is the chat, with names.
func said(v conf.View) (all []string) {
	for _, m := range v.Chat.Messages {
		if !m.Pending {
			all = append(all, m.Name+": "+m.Text)
		}
	}
	return all
}

func TestManyLongMessagesArriveWithoutOneThatTheRelayDrops(t *testing.T) {
	c := newCall(t)
	how := []with{sealed(secret), fps(2), mute}
	all := []*person{c.host("ann", how...), c.join("bob", how...), c.join("cyd", how...), c.join("dan", how...), c.join("eve", how...)}
	for _, p := range all {
		p.Hush(true)
		p.isUpWith(all...)
	}
	var want []string
	for i := range 25 { // 400 kB in all, of which the relay takes 256 KiB at once, and 32 KiB for one
		text := fmt.Sprintf("%02d", i) + strings.Repeat("é", 1800)
		want = append(want, "ann: "+text)
		all[0].Do(&conf.Say{Text: text})
	}
	for _, p := range all {
		p.until("has them all", func(v conf.View) bool { return slices.Equal(said(v), want) })
		assert.Empty(t, p.Refusals())
	}
	assert.Empty(t, c.relay.Server.Stats().Dropped)
}

func TestWhoeverHasAnotherPassphraseGetsNothingAndIsTold(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann", sealed(secret)), c.join("bob", sealed(secret))
	eve := c.join("eve", sealed(another))
	eve.until("is told whose passphrase is another", func(v conf.View) bool {
		return v.Crypto.Phase == conf.CryptoMismatch && v.Crypto.With == ann.index()
	})
	ann.until("is told of eve", func(v conf.View) bool { return v.Crypto.Different == 1 })
	ann.isUpWith(bob)
	ann.sees(bob)
	ann.Do(&conf.Say{Text: "not for eve"})
	bob.until("has it", func(v conf.View) bool { return slices.Equal(said(v), []string{"ann: not for eve"}) })
	from := func(p *person) bot.Record { return eve.Records()[wire.Source{Member: p.index(), Stream: wire.Cam}] }
	c.eventually("the relay passes sealed frames to eve", func() bool { return from(ann).Opaque > 20 && from(bob).Opaque > 20 })
	for _, p := range []*person{ann, bob} {
		assert.Zero(t, from(p).Frames, "frames of %s that eve could open", p.Name())
		assert.Zero(t, from(p).Packets)
	}
	v := eve.View()
	assert.Empty(t, v.Chat.Messages)
	for _, p := range v.Peers {
		assert.Empty(t, p.Name)
	}
	for _, p := range []*person{ann, bob} {
		for src, r := range p.Records() {
			assert.NotEqual(t, eve.index(), src.Member, "eve sends nothing, not even sealed: %+v", r)
		}
	}

	eve.Do(&conf.CryptoPassphrase{Text: secret})
	all := []*person{ann, bob, eve}
	for _, p := range all {
		p.isUpWith(all...)
		p.sees(all...)
	}
	c.agree(all...)
}

func TestWhoeverComesWithoutEncryptionIsRefused(t *testing.T) {
	c := newCall(t)
	ann := c.host("ann", sealed(secret))
	old := c.start("old", func(x *bot.Config) { x.E2EE.Unable = true })
	old.until("is told why", func(v conf.View) bool {
		return v.App.Screen == conf.ScreenPrejoin && v.Crypto.Able == conf.AbleNo && v.Crypto.Problem.Code == string(wire.CodeE2EERequired)
	})
	ann.knows()

	// A client that can is asked for the passphrase, and may come in with it.
	bob := c.start("bob")
	bob.until("is asked for it", func(v conf.View) bool {
		return v.App.Screen == conf.ScreenPrejoin && v.Crypto.Phase == conf.CryptoNoPhrase && v.Crypto.Problem.Code == string(wire.CodeE2EERequired)
	})
	bob.Do(&conf.CryptoPassphrase{Text: secret})
	bob.Do(&conf.Join{Name: "bob"})
	bob.isIn()
	bob.sees(ann)
	ann.sees(bob)
}

func TestWhoeverWantsEncryptionStaysOutOfAnOpenRoom(t *testing.T) {
	c := newCall(t)
	ann := c.host("ann")
	bob := c.start("bob", sealed(secret))
	bob.ends(wire.CodeE2EEOff)
	ann.knows()
}

func TestWhoeverHasLeftCannotOpenWhatIsSentTwoSecondsLater(t *testing.T) {
	c := newCall(t)
	ann := c.host("ann", sealed(secret))
	eve := c.join("eve", sealed(secret), func(x *bot.Config) { x.E2EE.Hoards = true })
	var air air
	bob := c.join("bob", sealed(secret), func(x *bot.Config) { x.E2EE.Tap = air.take })
	eve.isUpWith(ann, bob)
	eve.sees(ann)
	bob.sees(ann)

	cut := air.now()
	eve.leaves()
	eve.ends(wire.CodeLeft)
	bob.knows(ann)
	left := time.Now()
	c.eventually("ann sends for two seconds more, and then some", func() bool {
		return air.since(left.Add(2*time.Second), ann.index()) > 20
	})
	before, after := 0, 0
	for _, x := range air.all() {
		if x.from.Member != ann.index() {
			continue
		}
		err := eve.Reads(x.from.Stream.Kind() == wire.Audio, x.frame)
		switch {
		case x.at.After(left.Add(2 * time.Second)):
			after++
			require.Error(t, err, "%v sent %v after eve left", x.from, x.at.Sub(left))
		case x.n < cut && err == nil || isReplay(err):
			before++
		}
	}
	assert.Positive(t, before, "eve has the keys of what was sent while she was there")
	assert.Greater(t, after, 20)
	bob.sees(ann)
	ann.sees(bob)
}

func TestAPassphraseThatIsChangedReachesEverybodyAndLocksOutTheOldOne(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann", sealed(secret)), c.join("bob", sealed(secret))
	bob.isUpWith(ann)
	ann.isUpWith(bob)
	ann.Do(&conf.CryptoChange{Text: another})
	c.eventually("bob is told", func() bool {
		return slices.ContainsFunc(bob.Notes(), func(n conf.Note) bool { return n.Key == "crypto.changed" && n.Params["name"] == "ann" })
	})
	cyd := c.join("cyd", sealed(another))
	all := []*person{ann, bob, cyd}
	for _, p := range all {
		p.isUpWith(all...)
		p.sees(all...)
	}
	old := c.join("old", sealed(secret))
	old.until("is told", func(v conf.View) bool { return v.Crypto.Phase == conf.CryptoMismatch })
}

func TestTwelveWhoJoinAtOnceAreUpWithOneAnother(t *testing.T) {
	c := newCall(t)
	how := []with{sealed(secret), slots(12), fps(2), mute}
	all := []*person{c.host("guest-00", how...)}
	all[0].Hush(true)
	for len(all) < 12 {
		p := c.start("guest-"+string(rune('a'+len(all))), how...)
		p.Hush(true)
		all = append(all, p)
	}
	for _, p := range all {
		p.isIn()
	}
	for _, p := range all {
		p.isUpWith(all...)
	}
	c.everybodyGets(wire.Cam, all, all)
	c.agree(all...)
}
