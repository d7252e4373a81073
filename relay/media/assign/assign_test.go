package assign

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/conclave-meet/conclave/shared/wire"
)

var now = time.Unix(1000, 0)

func cam(m wire.MemberIndex) wire.Source    { return wire.Source{Member: m, Stream: wire.Cam} }
func screen(m wire.MemberIndex) wire.Source { return wire.Source{Member: m, Stream: wire.Screen} }
func mic(m wire.MemberIndex) wire.Source    { return wire.Source{Member: m, Stream: wire.Mic} }
func tab(m wire.MemberIndex) wire.Source    { return wire.Source{Member: m, Stream: wire.ScreenAudio} }

var none wire.Source

func TestVideo(t *testing.T) {
	want := func(s wire.Source, prio int) wire.Want { return wire.Want{Source: s, Height: 180, Prio: prio} }
	for name, c := range map[string]struct {
		held  []wire.Source
		wants []wire.Want
		gone  []wire.Source
		next  []wire.Source
	}{
		"nothing is wanted":                         {[]wire.Source{none, none}, nil, nil, []wire.Source{none, none}},
		"what is wanted comes in order":             {[]wire.Source{none, none}, []wire.Want{want(cam(1), 0), want(cam(2), 0)}, nil, []wire.Source{cam(1), cam(2)}},
		"what is not wanted any more leaves":        {[]wire.Source{cam(1), cam(2)}, []wire.Want{want(cam(2), 0)}, nil, []wire.Source{none, cam(2)}},
		"what stays keeps its slot":                 {[]wire.Source{cam(1), cam(2)}, []wire.Want{want(cam(3), 9), want(cam(2), 0)}, nil, []wire.Source{cam(3), cam(2)}},
		"another order changes nothing":             {[]wire.Source{cam(1), cam(2)}, []wire.Want{want(cam(2), 9), want(cam(1), 0)}, nil, []wire.Source{cam(1), cam(2)}},
		"priority comes first when slots are short": {[]wire.Source{none}, []wire.Want{want(cam(1), 0), want(screen(2), 5)}, nil, []wire.Source{screen(2)}},
		"priority takes a slot that is held":        {[]wire.Source{cam(1)}, []wire.Want{want(cam(1), 0), want(screen(2), 5)}, nil, []wire.Source{screen(2)}},
		"the order decides among equals":            {[]wire.Source{cam(2)}, []wire.Want{want(cam(1), 3), want(cam(2), 3)}, nil, []wire.Source{cam(1)}},
		"what does not exist is passed over":        {[]wire.Source{none}, []wire.Want{want(cam(1), 9), want(cam(2), 0)}, []wire.Source{cam(1)}, []wire.Source{cam(2)}},
		"what exists no more leaves":                {[]wire.Source{cam(1), none}, []wire.Want{want(cam(1), 0)}, []wire.Source{cam(1)}, []wire.Source{none, none}},
		"without slots nothing happens":             {nil, []wire.Want{want(cam(1), 0)}, nil, []wire.Source{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Video(c.held, c.wants, func(s wire.Source) bool {
				for _, g := range c.gone {
					if g == s {
						return false
					}
				}
				return true
			})
			assert.Equal(t, c.next, got)
		})
	}
}

func TestAudio(t *testing.T) {
	ago := func(ms int) time.Time { return now.Add(-time.Duration(ms) * time.Millisecond) }
	silent := func(m wire.MemberIndex, ms int) Voice { return Voice{Source: mic(m), Spoke: ago(ms), Level: 127} }
	talks := func(m wire.MemberIndex, level uint8) Voice {
		return Voice{Source: mic(m), Spoke: now, Speaking: true, Level: level}
	}
	share := func(m wire.MemberIndex) Voice { return Voice{Source: tab(m), Level: 127} }
	for name, c := range map[string]struct {
		held   []wire.Source
		voices []Voice
		next   []wire.Source
	}{
		"everybody fits":                                {[]wire.Source{none, none}, []Voice{silent(1, 9000), silent(2, 9000)}, []wire.Source{mic(1), mic(2)}},
		"who is muted leaves":                           {[]wire.Source{mic(1), mic(2)}, []Voice{silent(2, 9000)}, []wire.Source{none, mic(2)}},
		"who stays keeps the slot":                      {[]wire.Source{none, mic(2)}, []Voice{talks(1, 10), silent(2, 9000)}, []wire.Source{mic(1), mic(2)}},
		"a free slot goes to who speaks":                {[]wire.Source{none}, []Voice{silent(1, 9000), talks(2, 30)}, []wire.Source{mic(2)}},
		"a free slot goes to the loudest":               {[]wire.Source{none}, []Voice{talks(1, 40), talks(2, 15)}, []wire.Source{mic(2)}},
		"who begins to speak takes the longest silence": {[]wire.Source{mic(1), mic(2)}, []Voice{silent(1, 3000), silent(2, 9000), talks(3, 30)}, []wire.Source{mic(1), mic(3)}},
		"nobody is cut between two sentences":           {[]wire.Source{mic(1), mic(2)}, []Voice{silent(1, 1900), talks(2, 50), talks(3, 10)}, []wire.Source{mic(1), mic(2)}},
		"silence does not push out silence":             {[]wire.Source{mic(1)}, []Voice{silent(1, 9000), silent(2, 3000)}, []wire.Source{mic(1)}},
		"screen audio pushes out a talker":              {[]wire.Source{mic(1), mic(2)}, []Voice{talks(1, 10), silent(2, 100), share(3)}, []wire.Source{mic(1), tab(3)}},
		"screen audio is not pushed out":                {[]wire.Source{tab(1)}, []Voice{share(1), talks(2, 10)}, []wire.Source{tab(1)}},
		"two begin, one slot is free to take":           {[]wire.Source{mic(1), mic(2)}, []Voice{talks(1, 20), silent(2, 5000), talks(3, 30), talks(4, 10)}, []wire.Source{mic(1), mic(4)}},
		"without slots nothing happens":                 {nil, []Voice{talks(1, 10), share(2)}, []wire.Source{}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.next, Audio(c.held, c.voices, now))
		})
	}
}
