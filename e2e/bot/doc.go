// Package bot is a native participant: the page's own conference machine (wasm/conf) and signalling client (wasm/link)
// with pion/webrtc around them instead of a browser. Tests and load generators use it.
//
// A bot sends synthetic media whose every packet says whose it is (mark.go), and keeps a record of what reaches it by
// source: packets, frames, marks, and each violation of what the relay promises of its slots ([Record]).
//
//	ann := bot.Start(bot.Config{URL: url, Room: "r", Name: "ann", Mark: 7})
//	defer ann.Close()
//	err := ann.Await(ctx, func(v conf.View) bool { return v.App.Screen == conf.ScreenCall })
package bot
