//go:build race

package media

// underRace says that the race detector is on. It makes sync.Pool forget some of what it keeps, by intention.
const underRace = true
