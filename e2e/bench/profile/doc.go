// Package profile sums a CPU profile of the relay up by what its functions are for.
package profile
