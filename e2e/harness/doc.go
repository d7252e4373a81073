// Package harness is what end-to-end tests stand on: a whole relay in the test's own process on loopback ([Start]) or in
// one of its own ([StartProcess]), and the cookies of a browser that talks to its HTTP interface.
//
//	relay := harness.Start(t, harness.Options{})
//	host := relay.Host(t, "ann")            // an account, signed in
//	bot.Start(bot.Config{URL: relay.WebSocket(), API: host.API, …})
package harness
