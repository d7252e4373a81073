// Package bidi drives Chromium and Firefox for tests, over WebDriver BiDi
// (W3C, https://w3c.github.io/webdriver-bidi/): Firefox speaks it itself,
// Chromium through chromedriver.
//
//	b := bidi.Start(t, bidi.Chromium, bidi.Options{})
//	ann, err := b.NewPage(ctx) // a participant: own cookies, own window
//	ann.Preload(ctx, hooks.Media(hooks.Participant{Colour: "#ff0000", Tone: 440}))
//	ann.Navigate(ctx, url)
//	ann.Click(ctx, "#join")
//	ann.WaitFor(ctx, `document.querySelectorAll("video").length == 3`)
//
// Every call is bounded: by ctx, or by callTimeout where ctx has no deadline.
// A Browser and its Pages may be used from several goroutines; the input of
// one Page (Click, Type, Press) from one at a time.
//
// Layers, from the bottom: wire (the WebSocket), rpc (commands, answers,
// events), process (the programs), Browser, Page.
package bidi
