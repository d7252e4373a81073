// Package web is what the relay serves over HTTP: the site, its interface for accounts, and the way to the signalling
// socket.
//
//	GET  /                     the site
//	GET  /NAME                 the site: a room's link. The page makes the name canonical
//	GET  /_/PAGE               the site: its own pages, such as /_/signin and /_/enrol
//	GET  /_/assets/…           scripts, styles and wasm; their names hold a hash, so they are cached for ever
//	GET  /_/ws                 the signalling WebSocket (packages peer and wire)
//	GET  /_/api/session        {name} of the signed-in host, {} for everybody else
//	POST /_/api/signin         {name, password} → {name} and the cookie
//	POST /_/api/signout        {} → {}
//	POST /_/api/link           {token} → {purpose, name}: what a one-time link is for; it is not used up
//	POST /_/api/enrol          {token, name?, password} → {name} and the cookie
//	POST /_/api/ticket         {} → {ticket}: for hello and auth on the WebSocket, good for 30 s and one use
//	GET  /_/healthz            200 while the process works
//	GET  /_/readyz             200 while it takes newcomers, 503 from the beginning of a shutdown
//
// The operator's commands come over a unix socket in the data folder (admin.go).
//
// Everything but rooms lies under /_/, so that no room name is reserved. What the interface refuses it answers with a
// wire.Error in JSON and a fitting status.
//
// State-changing requests must come from the site itself (http.CrossOriginProtection) and carry JSON. The cookie never
// opens a WebSocket by itself: that takes a ticket, which only the site's own script can ask for. Every response
// carries the same strict headers (headers.go).
package web
