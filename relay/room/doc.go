// Package room knows who is in a room and what each must hear.
//
// [State] decides, and nothing else: Step(now, event) gives effects, from the arguments alone. It starts no goroutine,
// reads no clock, draws no random number. [Loop] runs one State in one goroutine, with a bounded inbox and one timer.
// [Hub] finds the Loop of a name and is the only place that knows where a room lives.
//
// A room knows nothing of media, WebSockets or passwords. It names connections by [Conn]; whoever owns those carries
// the effects out (package peer) and says who is a host.
//
// The life of a room, as the product describes it: with [Hosts], people wait until somebody with a host account
// arrives; then all of them enter in the order in which they came, the host first. With [Anyone], the first to arrive
// opens it and moderates. A member whose connection is lost keeps the seat for [wire.SeatTime], and the others learn of
// it after [wire.AwayAfter]. When the last seat is empty everything is forgotten: the next person finds another
// incarnation, with indices from 1.
//
// An incarnation is encrypted from its beginning, where the one who opens it says so, or from a moderator's word on, and
// stays so. The room then knows nobody's name and nothing that is said; it passes on what it cannot read.
package room
