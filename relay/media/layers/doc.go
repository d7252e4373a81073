// Package layers shares one receiver's downlink among the pictures that it wants (media.md, "Layers, loss, bandwidth").
// It is pure: time, the budget and the measured rates come in.
//
// # Who gets what
//
// Audio comes first and always: its rate is taken off before anything else is looked at. Then pictures get their points
// (see [Point]) by priority: what is on stage before the tiles, a shared screen before cameras of the same priority.
// Sources of the same rank are served evenly from the bottom up: the lowest point for each of them, then the next one
// for each. No source gets more than fills the height that it is shown in. A source whose lowest point does not fit is
// paused; one behind it, that costs less, may still be shown. The last picture of all is kept a little longer than fits.
//
// # Down at once, up with patience
//
// A budget that does not hold what was chosen lowers it with the same call. A rise needs room to spare for a while;
// after a rise that did not last the while grows. Where more did not fit lately, a rise takes a part more than what is
// sent. What was asked for anew is not a rise: it gets its place at once, so that pictures follow the size of their tiles.
package layers
