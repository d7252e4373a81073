package call

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/e2e/bot"
	"github.com/conclave-meet/conclave/e2e/harness"
	"github.com/conclave-meet/conclave/shared/wire"
	"github.com/conclave-meet/conclave/wasm/conf"
)

func TestThreePeopleSeeAndHearOneAnother(t *testing.T) {
	c := newCall(t)
	ann, bob, cyd := c.host("ann"), c.join("bob"), c.join("cyd")
	for _, x := range []struct{ me, you, they *person }{{ann, bob, cyd}, {bob, ann, cyd}, {cyd, ann, bob}} {
		x.me.knows(x.you, x.they)
		x.me.sees(x.you, x.they)
		x.me.hears(x.you, x.they)
	}
	assert.Equal(t, wire.Host, ann.View().Me.Role)
	assert.Equal(t, wire.Guest, bob.View().Me.Role)
}

func TestAGuestWaitsUntilAHostOpensTheRoom(t *testing.T) {
	c := newCall(t)
	bob := c.start("bob")
	bob.until("waits", func(v conf.View) bool { return v.App.Screen == conf.ScreenWaiting })
	ann := c.host("ann")
	bob.isIn()
	ann.sees(bob)
	bob.sees(ann)
}

func TestSomebodyWhoWaitsSignsInAndOpensTheRoom(t *testing.T) {
	c := newCall(t)
	c.relay.Host(t, "ann")
	browser := c.relay.Cookies(t) // another one, in which nobody is signed in
	ann := c.start("ann", func(x *bot.Config) { x.API = browser.API })
	bob := c.start("bob")
	for _, p := range []*person{ann, bob} {
		p.until("waits", func(v conf.View) bool { return v.App.Screen == conf.ScreenWaiting })
	}
	ann.Do(&conf.SignIn{Name: "ann", Secret: "wrong password"})
	ann.until("is told so", func(v conf.View) bool { return v.Auth.Problem.Code == "auth.bad" })
	ann.Do(&conf.SignIn{Name: "ann", Secret: harness.Password})
	ann.isIn()
	bob.isIn()
	assert.Equal(t, wire.Host, ann.View().Me.Role)
	ann.sees(bob)
}

func TestComingAndGoingNegotiatesNothingWithTheOthers(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann"), c.join("bob")
	ann.sees(bob)
	before := c.negotiations(ann, bob)
	assert.Equal(t, map[string][2]int{"ann": {1, 1}, "bob": {1, 1}}, before)
	for range 3 {
		cyd := c.join("cyd")
		ann.sees(cyd)
		bob.hears(cyd)
		cyd.leaves()
		ann.knows(bob)
		bob.knows(ann)
	}
	assert.Equal(t, before, c.negotiations(ann, bob))
}

func TestLeavingClearsTheTileWithinASecond(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann"), c.join("bob")
	ann.sees(bob)
	start := time.Now()
	bob.leaves()
	ann.knows()
	assert.Less(t, time.Since(start), time.Second)
	bob.ends(wire.CodeLeft)
}

func TestMutingReachesTheOthersAndStopsTheSound(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann"), c.join("bob")
	ann.hears(bob)
	bob.Do(&conf.Mic{})
	ann.until("sees that bob is muted", func(v conf.View) bool { x, ok := ann.peer(v, "bob"); return ok && !x.Mic })
	ann.misses(wire.Mic, bob)
	bob.Do(&conf.Mic{})
	ann.hears(bob)
	ann.sees(bob)
}

func TestACameraThatIsOffAndOnAgainComesBackWithAKeyFrame(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann"), c.join("bob")
	ann.sees(bob)
	bob.Do(&conf.Cam{})
	ann.until("sees no picture", func(v conf.View) bool { x, ok := ann.peer(v, "bob"); return ok && !x.Cam.On && x.Cam.Stream == "" })
	bob.Do(&conf.Cam{})
	ann.sees(bob)
}

func TestAScreenShareArrivesWithItsSoundAndEnds(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann"), c.join("bob")
	bob.sees(ann)
	before := c.negotiations(ann, bob)
	ann.Do(&conf.ShareScreen{On: true})
	bob.gets(wire.Screen, ann)
	bob.gets(wire.ScreenAudio, ann)
	bob.until("has it in front", func(v conf.View) bool { return v.Stage.Sharer == ann.index() })
	bob.sees(ann)
	ann.Do(&conf.ShareScreen{On: false})
	bob.until("has it no more", func(v conf.View) bool { x, _ := bob.peer(v, "ann"); return !x.Screen.On && v.Stage.Sharer == 0 })
	assert.Equal(t, before, c.negotiations(ann, bob), "sharing negotiates nothing")
}

func TestChatReachesEverybodyOnceAndInOneOrder(t *testing.T) {
	c := newCall(t)
	ann, bob, cyd := c.host("ann"), c.join("bob"), c.join("cyd")
	for i := range 5 {
		ann.Do(&conf.Say{Text: string(rune('a' + i))})
		bob.Do(&conf.Say{Text: string(rune('A' + i))})
	}
	texts := func(v conf.View) (all []string) {
		for _, m := range v.Chat.Messages {
			if !m.Pending {
				all = append(all, m.Name+": "+m.Text)
			}
		}
		return all
	}
	for _, p := range []*person{ann, bob, cyd} {
		p.until("has all ten messages", func(v conf.View) bool { return len(texts(v)) == 10 && len(v.Chat.Messages) == 10 })
		assert.Equal(t, texts(ann.View()), texts(p.View()))
	}
}

func TestAPrivateMessageReachesOnlyTheOneItIsFor(t *testing.T) {
	c := newCall(t)
	ann, bob, cyd := c.host("ann"), c.join("bob"), c.join("cyd")
	ann.knows(bob, cyd)
	ann.Do(&conf.Say{Text: "only bob", To: bob.index()})
	ann.Do(&conf.Say{Text: "all"})
	bob.until("has both", func(v conf.View) bool { return len(v.Chat.Messages) == 2 })
	cyd.until("has the second", func(v conf.View) bool { return len(v.Chat.Messages) == 1 && v.Chat.Messages[0].Text == "all" })
}

func TestAHandThatIsRaisedIsSeen(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann"), c.join("bob")
	bob.Do(&conf.Hand{})
	ann.until("sees the hand", func(v conf.View) bool { x, ok := ann.peer(v, "bob"); return ok && x.Hand != 0 })
	bob.Do(&conf.Hand{})
	ann.until("sees it go", func(v conf.View) bool { x, ok := ann.peer(v, "bob"); return ok && x.Hand == 0 })
}

func TestTheDominantSpeakerIsWhoSpeaks(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann"), c.join("bob")
	ann.Hush(true)
	bob.Hush(true)
	ann.knows(bob)
	bob.Hush(false)
	ann.until("sees bob speak", func(v conf.View) bool { x, _ := ann.peer(v, "bob"); return x.Speaks && v.Stage.Dominant == bob.index() })
}

func TestALostConnectionIsResumedOnTheSameSeatWithoutNegotiating(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann"), c.join("bob")
	ann.sees(bob)
	seat := bob.index()
	before := c.negotiations(ann, bob)
	bob.CutLink()
	bob.until("knows that it is lost", func(v conf.View) bool { return v.App.Conn == conf.ConnLost })
	ann.sees(bob) // media does not need signalling
	bob.Do(&conf.Say{Text: "written meanwhile"})
	bob.Do(&conf.Hand{})
	bob.MendLink()
	bob.isIn()
	assert.Equal(t, seat, bob.index())
	ann.until("has the message and the hand", func(v conf.View) bool {
		x, _ := ann.peer(v, "bob")
		return len(v.Chat.Messages) == 1 && x.Hand != 0
	})
	ann.sees(bob)
	bob.sees(ann)
	bob.hears(ann)
	assert.Equal(t, before, c.negotiations(ann, bob))
}

func TestASecondTabOfTheSameSeatReplacesTheFirst(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann"), c.join("bob")
	ann.sees(bob)
	seat := bob.index()
	tab := c.join("bob", stored(bob.Stored()))
	bob.ends(wire.CodeReplaced)
	assert.Equal(t, seat, tab.index())
	ann.knows(tab)
	ann.sees(tab)
	tab.sees(ann)
}

func TestAMediaPathThatIsLostComesBack(t *testing.T) {
	c := newCall(t)
	ann, bob := c.host("ann"), c.join("bob")
	ann.sees(bob)
	bob.CutMedia(true)
	bob.until("notices", func(v conf.View) bool { return v.App.Conn == conf.ConnLost })
	bob.CutMedia(false)
	ann.sees(bob)
	bob.sees(ann)
	bob.isIn()
}
