package conf

import "github.com/conclave-meet/conclave/shared/roomname"

// StrengthOf scores a room's name for the meter.
func StrengthOf(name string) Strength {
	x := roomname.Score(name)
	return Strength{Level: x.Bars(), Weak: x.Class() == roomname.Weak, Log10: x.Log10()}
}
