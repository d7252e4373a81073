package media

import (
	"testing"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/conclave-meet/conclave/shared/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	both    = wire.Sending{Mic: true, Cam: true}
	nothing = wire.Sending{}
)

func cam(m wire.MemberIndex) wire.Source { return wire.Source{Member: m, Stream: wire.Cam} }
func mic(m wire.MemberIndex) wire.Source { return wire.Source{Member: m, Stream: wire.Mic} }

func anything(*rtp.Packet) bool { return true }

func TestTwoMembersSeeAndHearEachOther(t *testing.T) { seeAndHear(t, newCall(t)) }

func TestTwoMembersWithoutGCM(t *testing.T) {
	c := newCall(t)
	c.profiles = []dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80}
	seeAndHear(t, c)
}

func seeAndHear(t *testing.T, c *call) {
	t.Helper()
	ann := c.join(1, describe(2, 2), both)
	bob := c.join(2, describe(2, 2), both)
	ann.s.Want([]wire.Want{{Source: cam(2), Height: 180}})
	bob.s.Want([]wire.Want{{Source: cam(1), Height: 180}})
	c.until("the slots are announced", func() bool {
		return c.slots[1]["v0"].Source == cam(2) && c.slots[2]["v0"].Source == cam(1) &&
			c.slots[1]["a0"].Source == mic(2) && c.slots[2]["a0"].Source == mic(1)
	})
	for _, x := range []struct{ from, to *client }{{ann, bob}, {bob, ann}} {
		stopCam := x.from.camera(1000 + uint32(x.from.member)).plays(true)
		stopMic := x.from.mic(2000 + uint32(x.from.member)).plays(false)
		v := x.to.gets("video", x.to.slot("v0").SSRC, anything)
		assert.Equal(t, []uint32{cam(x.from.member).CSRC()}, v.CSRC)
		assert.Equal(t, uint8(vp8PT), v.PayloadType)
		assert.True(t, v.Marker)
		a := x.to.gets("audio", x.to.slot("a0").SSRC, anything)
		assert.Equal(t, []uint32{mic(x.from.member).CSRC()}, a.CSRC)
		assert.Equal(t, []byte{30}, a.GetExtension(levelExt)[:1])
		stopCam()
		stopMic()
	}
	require.Empty(t, c.gone)
}
