package conf

import "github.com/conclave-meet/conclave/shared/wire"

// sharing is my screen share.
type sharing struct {
	unwanted bool // given up while the browser's dialog was open
}

func (s *State) shareScreen(on bool) {
	sh := &s.view.Me.Share
	switch {
	case !on && sh.Busy:
		s.share.unwanted = true
	case !on:
		s.stopShare()
	case s.view.App.Screen == ScreenCall && sh.Busy:
		s.share.unwanted = false
	case s.view.App.Screen == ScreenCall && !sh.On:
		s.share.unwanted = false
		*sh = Share{Busy: true}
		s.do(StartShare{})
	}
}

func (s *State) shared(audio bool) {
	sh := &s.view.Me.Share
	*sh = Share{On: true, Audio: audio}
	if s.view.App.Screen != ScreenCall || s.share.unwanted {
		s.stopShare()
	}
}

func (s *State) shareFailed(code string) {
	s.view.Me.Share = Share{Problem: Problem{Code: code}}
}

func (s *State) stopShare() {
	sh := &s.view.Me.Share
	if !sh.On {
		if sh.Busy {
			s.share.unwanted = true
		}
		return
	}
	for _, st := range [...]wire.Stream{wire.Screen, wire.ScreenAudio} {
		if s.flow[st] {
			s.flow[st] = false
			s.do(Transmit{Stream: st})
		}
	}
	s.do(Release{Stream: wire.Screen})
	if sh.Audio {
		s.do(Release{Stream: wire.ScreenAudio})
	}
	*sh = Share{}
}
