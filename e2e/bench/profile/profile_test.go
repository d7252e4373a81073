package profile

import (
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheInnermostFunctionWithAPurposeDecides(t *testing.T) {
	const pkg = "github.com/conclave-meet/conclave/relay/media."
	for _, c := range []struct {
		stack []string
		want  string
	}{
		{[]string{"crypto/internal/fips140/aes/gcm.seal", "github.com/pion/srtp/v3.(*Context).EncryptRTP", pkg + "(*slot).forward"}, "encrypt"},
		{[]string{"runtime.memmove", pkg + "(*slot).forward", pkg + "(*reader).rtp"}, "forward and rewrite"},
		{[]string{"syscall.RawSyscall6", pkg + "(*burst).flush", pkg + "(*Session).read"}, "system calls: send"},
		{[]string{"runtime.scanobject", "runtime.gcDrain", "runtime.gcBgMarkWorker"}, "garbage collection"},
		{[]string{"runtime.futex", "runtime.notesleep", "runtime.stopm", "runtime.findRunnable"}, "scheduler and waiting"},
		{[]string{"main.main"}, other},
		{nil, other},
	} {
		assert.Equal(t, c.want, groupOf(c.stack), "%v", c.stack)
	}
}

func TestSharesAreOfTheWhole(t *testing.T) {
	function := func(name string) []*profile.Location {
		return []*profile.Location{{Line: []profile.Line{{Function: &profile.Function{Name: name}}}}}
	}
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "samples"}, {Type: "cpu"}},
		Sample: []*profile.Sample{
			{Location: function("main.main"), Value: []int64{1, 10}},
			{Location: function("runtime.mallocgc"), Value: []int64{1, 30}},
		},
	}
	got, err := sum(p)
	require.NoError(t, err)
	assert.Equal(t, []Share{{"garbage collection", 0.75}, {other, 0.25}}, got)
	_, err = sum(&profile.Profile{SampleType: p.SampleType})
	require.Error(t, err)
	_, err = sum(&profile.Profile{})
	require.Error(t, err)
}
