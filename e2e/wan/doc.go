// Package wan puts real browsers behind wide area networks: a relay in the
// test's private network namespace, places in namespaces of their own, and a
// link between each place and the relay whose delay, rate and losses the test
// chooses and changes while a call goes on.
//
//	wan.Run(t, harness.Options{}, func(t *testing.T, n *wan.Network) {
//		home := n.Place(linkem.Options{})
//		b := home.Browser(bidi.Options{})
//		home.Link.Set(linkem.Both(linkem.Conditions{Delay: 20 * time.Millisecond}))
//
// Only media crosses the link. Pages need a secure context, which plain http
// is on localhost only; so each place has the site and its signalling on a
// listener of the relay on its own 127.0.0.1, beside the link. What is measured
// is therefore the media path alone, and a call under bad conditions begins
// as fast as under good ones. Media goes to netns.Address, through the link.
//
// Browsers are driven from outside of their place: chromedriver talks to them
// through pipes.
package wan
