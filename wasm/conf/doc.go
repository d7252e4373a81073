// Package conf is the conference as a client lives it: one pure state machine, compiled into the page (with browser
// media around it) and into the native bot (with pion around it).
//
//	effects := state.Step(now, event)
//
// Step starts no goroutine, reads no clock, draws no random number and opens no socket. Everything that happens comes in
// as an [Event] (a click, a message of the relay, a track that started); everything that must be done goes out as an
// [Effect], which the shell carries out in order; what it leads to comes back as further events. What people see is the
// [View], which the shell reads after each Step.
//
// # Who may call what
//
// A State belongs to one goroutine. Shells put events on a channel and step from one place.
package conf
