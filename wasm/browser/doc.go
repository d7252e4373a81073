// Package browser is what the page's core needs of the browser: promises and callbacks, the WebSocket, the peer
// connection, devices, streams, fetch, frames. It is the only home of syscall/js besides the page's main.
//
// # The border
//
// Everything hangs on a [Window]. JavaScript calls Go only through Funcs that a Window made: they convert, post and
// return, and never wait, because the browser stands still while they run. Go waits for a promise in a goroutine that a
// Window started. An exception or a rejection becomes an [Error] in one place (border.go); a panic in any of these
// goroutines and Funcs ends the core and is told to the page, so that nothing ends in silence.
//
// # Who runs what
//
// Types of this package belong to the goroutine that calls them, the core's one loop, unless their comment says
// otherwise. What takes time is done in goroutines of their own, and what comes of it is handed to that loop as a
// function (the run in [NewMedia]). So none of them needs a lock but what JavaScript asks directly ([Streams]).
//
// # Encrypted rooms
//
// Where conf says so a peer connection is made with an encryption worker (sealer.go; package port has what is said): its
// senders and receivers have their transforms from the beginning, before anything is negotiated. The page holds no keys.
// A track flows only where the peer connection goes through the worker that is there now.
//
// # How video is sent
//
// A peer connection has its senders, with all encodings that they may ever need, before anything is captured, because
// nothing is negotiated later. Which of them are used is said by setParameters: it follows from what is captured and from
// what the relay wants (layers.go, pure), and is done again whenever one of the two changes (shape.go).
package browser
