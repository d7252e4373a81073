package conf

import "reflect"

// Dirty says which slices of the View changed.
type Dirty uint16

// The slices.
const (
	AppChanged Dirty = 1 << iota
	RoomChanged
	MeChanged
	DevicesChanged
	PeersChanged
	StageChanged
	ChatChanged
	AuthChanged
	CryptoChanged

	allChanged Dirty = 1<<iota - 1
)

// TakeDirty says which slices changed since it was last called; all of them the first time.
func (s *State) TakeDirty() Dirty {
	d := s.dirty
	s.dirty = 0
	return d
}

// Has reports whether one of the slices of which changed.
func (d Dirty) Has(which Dirty) bool { return d&which != 0 }

// small are the slices of the View that are cheap to compare. Peers and Chat are marked where they change.
type small struct {
	app     App
	room    Room
	me      Me
	devices Devices
	stage   Stage
	auth    Auth
	crypto  Crypto
}

// look finds out what the Step changed.
func (s *State) look() {
	v := &s.view
	now := small{v.App, v.Room, v.Me, v.Devices, v.Stage, v.Auth, v.Crypto}
	mark := func(d Dirty, same bool) {
		if !same {
			s.dirty |= d
		}
	}
	mark(AppChanged, reflect.DeepEqual(now.app, s.taken.app))
	mark(RoomChanged, reflect.DeepEqual(now.room, s.taken.room))
	mark(MeChanged, reflect.DeepEqual(now.me, s.taken.me))
	mark(DevicesChanged, reflect.DeepEqual(now.devices, s.taken.devices))
	mark(StageChanged, now.stage == s.taken.stage)
	mark(AuthChanged, reflect.DeepEqual(now.auth, s.taken.auth))
	mark(CryptoChanged, reflect.DeepEqual(now.crypto, s.taken.crypto))
	s.taken = now
}
