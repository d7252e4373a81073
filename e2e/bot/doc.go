// Package bot is a native participant: the page's own conference machine (wasm/conf) and signalling client (wasm/link)
// with pion/webrtc around them instead of a browser, and its own encryption worker (shared/e2ee/seat) for encrypted rooms.
// Tests and load generators use it.
//
// A bot sends synthetic media whose every packet says whose it is (mark.go), and keeps a record of what reaches it by
// source: packets, frames, marks, and each violation of what the relay promises of its slots ([Record]). In an encrypted
// room the mark is in the frame, and what cannot be opened is not recorded but as opaque.
//
//	ann := bot.Start(bot.Config{URL: url, Room: "r", Name: "ann", Mark: 7})
//	defer ann.Close()
//	err := ann.Await(ctx, func(v conf.View) bool { return v.App.Screen == conf.ScreenCall })
package bot
