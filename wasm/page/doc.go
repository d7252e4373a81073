//go:build js

// Command page is the page's core: the conference (wasm/conf), the signalling client (wasm/link) and the browser
// (wasm/browser), wired together. It is built for js/wasm and started by the site.
//
// # The border with the site
//
// Before it starts, the site sets globalThis.conclavePorts:
//
//	ready(raw)         called once, when the core runs; raw is below
//	deliver(json)      the slices of conf.View that changed, as one object; the first time all of them
//	note(json)         a conf.Note
//	get(key), set(key, value), stored()   what the browser remembers; stored is one JSON object of strings
//	worker()           starts an encryption worker (www/src/sealer/worker.ts) and returns the Worker; may throw
//	fatal(text)        the core ends by a panic; nothing comes after it
//
// raw has what the site calls:
//
//	abi                   1; another number is another version of the site
//	dispatch(json)        a command {"t": NAME, …} of conf.Commands; "" or "cmd.unknown" or "cmd.bad"
//	stream(id)            the MediaStream of "me/cam", "3/mic" …, or null
//	viewport(json)        [{"source": "3/cam", "h": 360, "prio": 5}, …], h in device pixels
//	strength(name), parse(name)   JSON of conf.Strength, and {"name": canonical, "code": "" or the reason}
//	suggest()             a new room name that is hard to guess
//	passphrase()          the room's passphrase, for copying and for the invitation; "" when there is none
//	passphraseStrength(text)      JSON of conf.Strength, of a passphrase as it is typed
//	suggestPassphrase()   four words that nobody guesses, with blanks between them
//	micLevel()            my microphone now, 0 … 1
//
// All of raw returns at once. A command's consequences come by deliver, at most once a frame.
//
// # The loop
//
// One goroutine steps the conference, carries its effects out and owns everything but the streams. What happens
// elsewhere, in callbacks of the browser and goroutines of the link, comes to it as a function in its inbox.
package main
