// Package linkem is a wide area network in user space: a link between two TUN
// devices that delays, limits, loses and cuts, for kernels without netem.
//
//	near, _ := linkem.Tun("wan0")           // in one network namespace
//	far, _ := linkem.Tun("wan0")            // in another one
//	link, err := linkem.Join(near, far, linkem.Options{})
//	link.Set(linkem.Both(linkem.Conditions{Delay: 20 * time.Millisecond, Loss: 0.1}))
//
// A direction of a link is a lane: first the bottleneck (a drop-tail queue
// and a rate), then the wire (delay and jitter). Lanes are pure: time comes in
// from outside, and whoever looks late gets the same times as who looks often,
// so nothing drifts. One goroutine works off both lanes of a link; it sleeps
// in ppoll(2), whose timeout the kernel keeps to some tens of microseconds.
// The runtime's own timers round up to a millisecond.
package linkem
